using System.Text.Json;
using DctNet.Core.Imaging;

namespace DctNet.Cli.Tests.Commands;

public sealed class WatermarkCommandTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly string _portrait;

    public WatermarkCommandTests()
        => _portrait = _files.Add("a/portrait.jpg", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg")));

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_mark_is_found_again()
    {
        var second = _files.Add("b/portrait.jpg", File.ReadAllBytes(_portrait));

        var embedded = await Dctnet.RunAsync("watermark", "embed", _portrait, second, "-o", _files["out"]);

        Assert.Equal((0, 2), (embedded.ExitCode, embedded.Lines.Length));
        Assert.Contains("development key", embedded.Error, StringComparison.Ordinal);
        string[] names = ["portrait.png", "portrait-2.png"];
        var lines = embedded.Lines.Select(Parse).ToArray();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(["file", "out", "id", "psnr", "ssim", "parentId"], lines[i].EnumerateObject().Select(p => p.Name));
            Assert.Equal(Path.Combine(_files["out"], names[i]), lines[i].GetProperty("out").GetString());
            Assert.Matches("^[0-9a-f]{16}$", Id(lines[i]));
            Assert.InRange(lines[i].GetProperty("psnr").GetDouble(), 38, 60);
            Assert.InRange(lines[i].GetProperty("ssim").GetDouble(), 0.98, 1);
        }

        Assert.NotEqual(Id(lines[0]), Id(lines[1]));

        var detected = await Dctnet.RunAsync(
            "watermark", "detect", _files["out/portrait.png"], _files["out/portrait-2.png"], "--json");

        Assert.Equal((0, 2), (detected.ExitCode, detected.Lines.Length));
        foreach (var (line, mark) in detected.Lines.Select(Parse).Zip(lines))
        {
            Assert.Equal(
                ["file", "found", "id", "keyId", "path", "falsePositiveBound", "ms"], line.EnumerateObject().Select(p => p.Name));
            Assert.True(line.GetProperty("found").GetBoolean());
            Assert.Equal(Id(mark), Id(line));
            Assert.Equal("direct", line.GetProperty("path").GetString());
            Assert.InRange(line.GetProperty("falsePositiveBound").GetDouble(), double.Epsilon, 1e-9);
        }
    }

    [Theory]
    [InlineData("jpeg", ".jpg")]
    [InlineData("webp", ".webp")]
    [InlineData("avif", ".avif")]
    public async Task A_chosen_id_survives_a_lossy_format(string format, string extension)
    {
        var embedded = await Dctnet.RunAsync(
            "watermark", "embed", _portrait, "-o", _files["out"], "--id", "00FF00aa12345678", "--format", format, "--quality", "80");
        var detected = await Dctnet.RunAsync("watermark", "detect", _files["out/portrait" + extension], "--json");

        Assert.Equal((0, 0), (embedded.ExitCode, detected.ExitCode));
        Assert.Equal("00ff00aa12345678", Id(Parse(Assert.Single(embedded.Lines))));
        Assert.Equal("00ff00aa12345678", Id(Parse(Assert.Single(detected.Lines))));
    }

    [Fact]
    public async Task A_picture_without_a_mark_ends_with_1()
    {
        var json = await Dctnet.RunAsync("watermark", "detect", _portrait, "--json");
        var text = await Dctnet.RunAsync("watermark", "detect", _portrait);

        Assert.Equal((1, 1), (json.ExitCode, text.ExitCode));
        var line = Parse(Assert.Single(json.Lines));
        Assert.False(line.GetProperty("found").GetBoolean());
        Assert.Equal(JsonValueKind.Null, line.GetProperty("id").ValueKind);
        Assert.Equal(JsonValueKind.Null, line.GetProperty("keyId").ValueKind);
        Assert.Contains("no mark found", Assert.Single(text.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_picture_has_a_line_and_does_not_stop_the_others()
    {
        var text = _files.Add("notes.txt", "not a picture");

        var embedded = await Dctnet.RunAsync("watermark", "embed", text, _portrait, "-o", _files["out"]);
        var detected = await Dctnet.RunAsync("watermark", "detect", text, _files["missing.png"], _portrait, "--json");

        Assert.Equal((1, 2), (embedded.ExitCode, embedded.Lines.Length));
        Assert.Equal("UNSUPPORTED_FORMAT", Parse(embedded.Lines[0]).GetProperty("error").GetProperty("reason").GetString());
        Assert.Equal([_files["out/portrait.png"]], Directory.GetFiles(_files["out"]));
        Assert.Equal((2, 3), (detected.ExitCode, detected.Lines.Length));
        Assert.Equal(text, Parse(detected.Lines[0]).GetProperty("file").GetString());
        Assert.Equal("no such file", Parse(detected.Lines[1]).GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_name_may_be_as_long_as_names_can_be()
    {
        var name = new string('x', 251);

        var result = await Dctnet.RunAsync("watermark", "embed", _files.Add(name + ".jpg", File.ReadAllBytes(_portrait)), "-o", _files["out"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal([_files[$"out/{name}.png"]], Directory.GetFiles(_files["out"]));
    }

    [Fact]
    public async Task A_picture_too_small_for_a_mark_is_not_passed_off_as_marked()
    {
        using var pixels = new PixelBuffer(100, 300, 3);
        pixels.Span.Fill(128);
        Assert.True(ImageEncoder.Encode(pixels, new EncodeOptions { Format = ImageFormat.Png }).TryGet(out var file, out _));
        var small = _files.Add("small.png", file.Bytes);

        var result = await Dctnet.RunAsync("watermark", "embed", small, "-o", _files["out"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("NOT_MARKED", Parse(Assert.Single(result.Lines)).GetProperty("error").GetProperty("reason").GetString());
        Assert.Empty(Directory.GetFiles(_files["out"]));
    }

    [Fact]
    public async Task A_marked_file_takes_a_new_id_and_the_line_tells_the_old_one()
    {
        await Dctnet.RunAsync("watermark", "embed", _portrait, "-o", _files["out"], "--id", "1111111111111111");
        var again = await Dctnet.RunAsync("watermark", "embed", _files["out/portrait.png"], "-o", _files["again"], "--id", "2222222222222222");

        Assert.Equal("1111111111111111", Parse(Assert.Single(again.Lines)).GetProperty("parentId").GetString());
        var detected = await Dctnet.RunAsync("watermark", "detect", _files["again/portrait.png"], "--json");
        Assert.Equal("2222222222222222", Id(Parse(Assert.Single(detected.Lines))));
    }

    [Fact]
    public async Task An_attack_writes_the_edited_picture_and_the_mark_survives_it()
    {
        var list = await Dctnet.RunAsync("watermark", "attack", "--list");
        Assert.Equal(0, list.ExitCode);
        Assert.Contains("jpeg-50\tcore", list.Lines);
        Assert.Contains("non-local-means-10\tfurther", list.Lines);

        await Dctnet.RunAsync("watermark", "embed", _portrait, "-o", _files["out"], "--id", "00ff00aa12345678");
        var attacked = await Dctnet.RunAsync("watermark", "attack", _files["out/portrait.png"], "resize-0.5", "-o", _files["hurt"]);

        Assert.Equal(0, attacked.ExitCode);
        var line = Parse(Assert.Single(attacked.Lines));
        Assert.Equal("resize-0.5", line.GetProperty("attack").GetString());
        Assert.Equal(_files["hurt/portrait.resize-0.5.png"], line.GetProperty("out").GetString());
        var detected = await Dctnet.RunAsync("watermark", "detect", _files["hurt/portrait.resize-0.5.png"], "--json");
        Assert.Equal("00ff00aa12345678", Id(Parse(Assert.Single(detected.Lines))));
    }

    [Fact]
    public async Task An_evaluation_prints_a_table_or_lines_and_says_which_files_it_could_not_read()
    {
        _files.Add("set/portrait.jpg", File.ReadAllBytes(_portrait));
        string[] evaluate = ["watermark", "evaluate", _files["set"], "--attack", "none", "--attack", "jpeg-50"];

        var table = await Dctnet.RunAsync(evaluate);
        Assert.Equal(0, table.ExitCode);
        Assert.Contains(table.Lines, line => line.StartsWith("| jpeg-50 | 1/1 | 100.0 |", StringComparison.Ordinal));
        Assert.Contains("[1/1]", table.Error, StringComparison.Ordinal);

        _files.Add("set/broken.png", "not a picture");
        var csv = await Dctnet.RunAsync([.. evaluate, "--csv"]);
        Assert.Equal((1, 3), (csv.ExitCode, csv.Lines.Length));
        Assert.StartsWith("picture,width,height,", csv.Lines[0], StringComparison.Ordinal);
        Assert.All(csv.Lines[1..], line => Assert.StartsWith("portrait,", line, StringComparison.Ordinal));
        Assert.Contains("broken.png", csv.Error, StringComparison.Ordinal);
    }

    private static JsonElement Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    private static string? Id(JsonElement line) => line.GetProperty("id").GetString();
}
