using System.Text.Json;
using System.Text.RegularExpressions;
using DctNet.Core.Imaging;

namespace DctNet.Cli.Tests.Commands;

/// <summary>The command line with the real service inside its process: real networks, real codecs, real gRPC.</summary>
public sealed class EmbeddedTests : IDisposable
{
    private static readonly string s_portrait = Path.Combine(AppContext.BaseDirectory, "portrait.jpg");

    private readonly TemporaryDirectory _files = new();

    private string Out => _files["out"];

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_portrait_becomes_a_cartoon_that_says_where_it_comes_from()
    {
        var made = await Dctnet.RunAsync("cartoonize", s_portrait, "-o", Out);

        Assert.Equal(0, made.ExitCode);
        var match = Regex.Match(Assert.Single(made.Lines), @" -> (\S+)  512x512  \S+  id ([0-9a-f]{16})  ");
        Assert.True(match.Success, made.Output);
        var (cartoon, id) = (match.Groups[1].Value, match.Groups[2].Value);
        Assert.Equal([cartoon], Directory.GetFiles(Out));

        var verified = await Dctnet.RunAsync("verify", cartoon, "--json");

        Assert.Equal(0, verified.ExitCode);
        using var line = JsonDocument.Parse(Assert.Single(verified.Lines));
        var layers = line.RootElement.GetProperty("layers");
        Assert.Equal(id, layers.GetProperty("watermark").GetProperty("id").GetString());
        Assert.True(layers.GetProperty("xmp").GetProperty("present").GetBoolean());
        Assert.Equal("trusted", layers.GetProperty("c2pa").GetProperty("state").GetString());
        Assert.Equal("""{"found":true,"content":"matches"}""", layers.GetProperty("ledger").GetRawText());

        var detected = await Dctnet.RunAsync("watermark", "detect", cartoon, "--json");

        Assert.Equal(0, detected.ExitCode);
        Assert.Contains(id, detected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_on_one_bulk_stream_tells_latency_queue_and_compute()
    {
        var json = _files["b.json"];

        var result = await Dctnet.RunAsync(
            "bench", s_portrait, "--bulk", "--sides", "96,128", "--callers", "3", "--duration", "1", "--warm-up", "0", "--json", json);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("one bulk stream, 2 pictures", result.Error, StringComparison.Ordinal);
        using var load = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(json, TestContext.Current.CancellationToken)));
        double Of(string name) => load.RootElement.GetProperty(name).GetDouble();
        Assert.True(Of("ok") >= 3);
        Assert.Equal(Of("sent"), Of("ok"));
        Assert.InRange(Of("computeP50"), double.Epsilon, Of("p50"));
        Assert.InRange(Of("queueP50"), 0, Of("p99"));
    }

    [Fact]
    public async Task An_erased_record_leaves_the_mark_a_claim()
    {
        var made = await Dctnet.RunAsync("cartoonize", s_portrait, "-o", Out, "--visible-label");
        var id = Regex.Match(made.Output, "  id ([0-9a-f]{16})  ").Groups[1].Value;

        var stripped = Stripped(Assert.Single(Directory.GetFiles(Out)));
        var before = await Dctnet.RunAsync("verify", stripped);
        var erased = await Dctnet.RunAsync("ledger", "erase", "--id", id);
        var again = await Dctnet.RunAsync("ledger", "erase", "--id", id);
        var verified = await Dctnet.RunAsync("verify", stripped);

        // No label and no credential is left; the mark leads to the record, and the picture looks like it.
        Assert.Equal(0, before.ExitCode);
        Assert.Contains("content matches", before.Output, StringComparison.Ordinal);
        Assert.Equal((0, "1 record erased"), (erased.ExitCode, Assert.Single(erased.Lines)));
        Assert.Equal((1, "0 records erased"), (again.ExitCode, Assert.Single(again.Lines)));
        Assert.Equal(3, verified.ExitCode);
        Assert.Contains("ledger     not on record", verified.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--id", "12")]
    [InlineData("--id", "0123456789abcdef", "--tenant", "ana")]
    public async Task What_to_erase_must_be_said_and_only_once(params string[] arguments) =>
        Assert.Equal(2, (await Dctnet.RunAsync(["ledger", "erase", .. arguments])).ExitCode);

    [Fact]
    public async Task A_photo_has_nothing_to_verify()
    {
        var result = await Dctnet.RunAsync("verify", s_portrait);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("does not mean", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_and_foreign_files_are_refused_by_name()
    {
        var cut = _files.Add("cut.jpg", File.ReadAllBytes(s_portrait)[..20_000]);
        var (empty, text) = (_files.Add("empty.jpg", ""), _files.Add("text.jpg", "hello, this is no picture"));

        var result = await Dctnet.RunAsync("cartoonize", cut, empty, text, "-o", Out);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Matches("cut.jpg: .*CORRUPT_IMAGE", result.Error);
        Assert.Matches("empty.jpg: .*EMPTY_INPUT", result.Error);
        Assert.Matches("text.jpg: .*UNSUPPORTED_FORMAT", result.Error);
        Assert.Empty(_files.Files("out"));
    }

    [Fact]
    public async Task An_unknown_style_is_a_usage_error()
    {
        var result = await Dctnet.RunAsync("cartoonize", s_portrait, "-o", Out, "--style", "no-such-style");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("UNKNOWN_STYLE", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mixture_at_half_strength_says_what_it_is()
    {
        var made = await Dctnet.RunAsync(
            "cartoonize", s_portrait, "-o", Out, "--style", "anime:0.6,sketch:0.4", "--strength", "0.5", "--max-side", "256");

        Assert.Equal(0, made.ExitCode);
        Assert.Contains("256x256  anime:0.6,sketch:0.4 at 0.5  id ", made.Output, StringComparison.Ordinal);

        var verified = await Dctnet.RunAsync("verify", Path.Combine(Out, "portrait.png"), "--json");

        Assert.Contains("compositeWithTrainedAlgorithmicMedia", verified.Output, StringComparison.Ordinal);
        Assert.Contains(
            "; style anime:0.6,sketch:0.4 at 0.5, by ", (await Dctnet.RunAsync("verify", Path.Combine(Out, "portrait.png"))).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Styles_and_facts_are_those_of_the_real_service()
    {
        var styles = await Dctnet.RunAsync("styles", "--json");
        var info = await Dctnet.RunAsync("info");

        Assert.Equal((0, 0), (styles.ExitCode, info.ExitCode));
        using var line = JsonDocument.Parse(Assert.Single(styles.Lines));
        var names = line.RootElement.GetProperty("styles").EnumerateArray().Select(s => s.GetProperty("name").GetString());
        Assert.Contains(line.RootElement.GetProperty("defaultStyle").GetString(), names);
        Assert.Matches(@"execution provider  \w+", info.Output);
        Assert.Contains("(for development)", info.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Official_networks_are_used_where_a_directory_of_them_is_named()
    {
        OfficialNetworks.SkipUnlessThere();
        var made = await Dctnet.RunAsync(
            "cartoonize", s_portrait, "-o", Out, "--models", OfficialNetworks.Directory, "--style", "anime", "--format", "webp",
            "--max-side", "256");

        Assert.Equal(0, made.ExitCode);
        Assert.Matches(@"portrait.webp  256x256  anime  id ", Assert.Single(made.Lines));
    }

    [Fact]
    public async Task A_directory_without_networks_cannot_start()
    {
        var result = await Dctnet.RunAsync("styles", "--models", _files[""]);

        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.NotEmpty(result.Error);
    }

    /// <summary>A copy of the pixels alone: no label, no credential.</summary>
    private string Stripped(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        Assert.True(ImageProbe.Read(file, new ImageLimits()).TryGet(out var header, out _));
        Assert.True(ImageDecoder.Decode(file, header).TryGet(out var picture, out _));
        using (picture)
        {
            Assert.True(ImageEncoder.Encode(picture.Pixels, new EncodeOptions { Format = ImageFormat.Png }).TryGet(out var copy, out _));
            return _files.Add("stripped.png", copy.Bytes);
        }
    }
}
