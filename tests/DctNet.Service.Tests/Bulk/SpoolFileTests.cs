using System.Security.Cryptography;
using DctNet.Service.Bulk;

namespace DctNet.Service.Tests.Bulk;

/// <summary>What the spool's files survive, and what they refuse.</summary>
public sealed class SpoolFileTests : IDisposable
{
    private static readonly byte[] s_key = RandomNumberGenerator.GetBytes(32);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-spool-tests-");

    private string At => Path.Combine(_directory.FullName, "item");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_file_says_what_was_put_into_it_and_to_its_owner_alone()
    {
        var first = RandomNumberGenerator.GetBytes(1000);
        var file = SpoolFile.Create(At, s_key, "about"u8);
        file.Append(first);
        file.Append("portrait"u8);
        file.Seal();

        var found = SpoolFile.Open(At, s_key, out var header);

        Assert.NotNull(found);
        Assert.Equal("about"u8, header);
        Assert.Equal((true, 1008L, 4, file.Length), (found.IsSealed, found.DataBytes, found.Segments, found.Length));
        using var whole = found.ReadWhole();
        Assert.Equal([.. first, .. "portrait"u8], whole.Bytes.ToArray());
        Assert.Equal("about"u8, found.ReadHeader());
        Assert.Equal(-1, File.ReadAllBytes(At).AsSpan().IndexOf("portrait"u8));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At));
        }
    }

    [Fact]
    public void A_file_that_breaks_off_anywhere_keeps_its_whole_segments_and_goes_on()
    {
        var file = SpoolFile.Create(At, s_key, "about"u8);
        var ends = new List<long> { file.Length };
        foreach (var size in new[] { 10, 300, 1 })
        {
            file.Append(new byte[size]);
            ends.Add(file.Length);
        }

        file.Seal();
        var bytes = File.ReadAllBytes(At);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(At, bytes[..length]);
            var whole = ends.Count(end => end <= length);
            var found = SpoolFile.Open(At, s_key, out _);
            if (whole == 0)
            {
                Assert.Null(found);
                continue;
            }

            Assert.NotNull(found);
            Assert.Equal((whole, false, ends[whole - 1]), (found.Segments, found.IsSealed, new FileInfo(At).Length));
            found.Append("more"u8);
            found.Seal();
            Assert.Equal((whole + 2, true), (SpoolFile.Open(At, s_key, out _)!.Segments, found.IsSealed));
        }
    }

    [Fact]
    public void A_file_that_was_changed_anywhere_is_not_believed()
    {
        var file = SpoolFile.Create(At, s_key, "about"u8);
        file.Append("portrait"u8);
        file.Seal();
        var bytes = File.ReadAllBytes(At);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x40;
            File.WriteAllBytes(At, bytes);
            Assert.False(SpoolFile.Open(At, s_key, out _) is { IsSealed: true }, $"byte {i}");
            bytes[i] ^= 0x40;
        }
    }

    [Fact]
    public void A_file_of_another_key_is_none()
    {
        SpoolFile.Create(At, s_key, "about"u8).Seal();

        Assert.Null(SpoolFile.Open(At, RandomNumberGenerator.GetBytes(32), out _));
    }

    [Fact]
    public void Segments_cannot_change_places()
    {
        var file = SpoolFile.Create(At, s_key, "about"u8);
        var begin = (int)file.Length;
        file.Append("one"u8);
        file.Append("two"u8);
        var bytes = File.ReadAllBytes(At);
        var size = (bytes.Length - begin) / 2;

        File.WriteAllBytes(At, [.. bytes[..begin], .. bytes[(begin + size)..], .. bytes[begin..(begin + size)]]);

        Assert.Equal(1, SpoolFile.Open(At, s_key, out _)!.Segments);
    }

    [Fact]
    public void The_checksum_is_CRC_32C() => Assert.Equal(0xE3069283, Crc32C.Of("123456789"u8));
}
