using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class WatermarkKeyTests
{
    [Fact]
    public void Ids_are_sixteen_lower_case_hex_digits_and_read_back()
    {
        var id = new WatermarkId(0x00ab_cdef_0123_4567);

        Assert.Equal("00abcdef01234567", id.ToString());
        Assert.True(WatermarkId.TryParse("00ABcdef01234567", out var read));
        Assert.Equal(id, read);
        Assert.NotEqual(WatermarkId.NewRandom(), WatermarkId.NewRandom());
    }

    [Theory]
    [InlineData("")]
    [InlineData("abcdef01234567")]
    [InlineData("000abcdef01234567")]
    [InlineData(" 0abcdef01234567")]
    [InlineData("0x0bcdef01234567")]
    [InlineData("-0abcdef01234567")]
    public void Other_texts_are_no_ids(string text) => Assert.False(WatermarkId.TryParse(text, out _));

    [Fact]
    public void No_text_of_a_key_or_ring_shows_the_secret()
    {
        var key = TestKeys.Numbered(1);
        var secret = key.ExportBase64();
        var ring = new WatermarkKeyRing(key);

        Assert.DoesNotContain(secret, key.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, ring.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(key.Id, Convert.ToHexStringLower(Convert.FromBase64String(secret)), StringComparison.Ordinal);
        Assert.Equal($"WatermarkKey {key.Id}", key.ToString());
    }

    [Fact]
    public void A_key_file_keeps_the_order_and_ignores_comments()
    {
        var (first, second) = (TestKeys.Numbered(1), TestKeys.Numbered(2));
        var text = $"# old and new\n\n{first.ExportBase64()} # since May\r\n  {second.ExportBase64()}\n";

        Assert.True(WatermarkKeyRing.Parse(text).TryGet(out var ring, out _));
        Assert.Equal([first.Id, second.Id], ring.Keys.Select(key => key.Id));
        Assert.Equal(first.Id, ring.Embedding.Id);
        Assert.True(WatermarkKeyRing.Parse(ring.ExportText()).TryGet(out var again, out _));
        Assert.Equal(ring.ToString(), again.ToString());
    }

    [Fact]
    public void A_bad_key_file_is_refused_by_line_without_showing_it()
    {
        var key = TestKeys.Numbered(1).ExportBase64();
        var tooMany = string.Join('\n', Enumerable.Range(1, WatermarkKeyRing.MaxKeys + 1).Select(i => TestKeys.Numbered(i).ExportBase64()));
        foreach (var (text, expected) in new[]
        {
            ("", "0 keys"),
            ("# nothing\n", "0 keys"),
            ($"{key}\nnotakey", "line 2"),
            ($"{key}\n{key}", "line 2 repeats"),
            (key[..20], "line 1"),
            (tooMany, $"{WatermarkKeyRing.MaxKeys + 1} keys"),
        })
        {
            Assert.False(WatermarkKeyRing.Parse(text).TryGet(out _, out var failure));
            Assert.Equal(FailureCode.InvalidOption, failure.Code);
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("notakey", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_bad_key_file_is_named_and_keys_from_elsewhere_are_called_no_file()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "notakey");

        Assert.False(WatermarkKeyFile.Read(path).TryGet(out _, out var file));
        Assert.False(WatermarkKeyRing.Parse("notakey").TryGet(out _, out var text));

        File.Delete(path);
        Assert.Contains(path, file.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("file", text.Message, StringComparison.Ordinal);
    }
}
