using System.Buffers.Binary;
using System.Text.Json;
using DctNet.Core.Models;

namespace DctNet.Cli.Tests.Commands;

public sealed class EvalCommandTests : IDisposable
{
    private static readonly string s_bundled = ModelCatalog.BundledDirectory;

    private readonly TemporaryDirectory _files = new();

    public EvalCommandTests()
        => _files.Add("photos/people/portrait.jpg", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg")));

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_catalog_measured_against_itself_is_equal_in_every_style()
    {
        var result = await EvalAsync("--teacher", s_bundled, "--uncorrected", "--json");

        Assert.Equal(0, result.ExitCode);
        var lines = result.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(2 * Styles().Count, lines.Count);
        Assert.All(lines, line =>
        {
            Assert.Equal(1, line.GetProperty("ssim").GetDouble(), 4);
            Assert.Equal(1, line.GetProperty("sharpness").GetDouble(), 4);
            Assert.Equal(54.15, line.GetProperty("psnrDb").GetDouble(), 2);
            Assert.Equal(JsonValueKind.Null, line.GetProperty("perceptual").ValueKind);
            var (head, skin, time) = (line.GetProperty("view").GetString() == "head", line.GetProperty("skin"), line.GetProperty("time"));
            Assert.Equal((head, !head), (skin.ValueKind == JsonValueKind.Object, time.ValueKind == JsonValueKind.Object));
            if (head)
            {
                Assert.Equal(skin.GetProperty("teacher").GetProperty("l").GetSingle(), skin.GetProperty("student").GetProperty("l").GetSingle());
            }
        });
    }

    [Fact]
    public async Task Tables_come_with_a_sheet_of_the_heads()
    {
        var result = await EvalAsync("--teacher", s_bundled, "--sheet", _files["sheet.png"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Heads, 1:", result.Lines);
        Assert.Contains("Whole pictures, 1:", result.Lines);
        Assert.Equal(2, result.Lines.Count(line => line.StartsWith("| sketch |", StringComparison.Ordinal)));
        Assert.Contains("portrait.jpg", result.Error, StringComparison.Ordinal);

        // IHDR: the photo and two columns a style, one row under the labels.
        var header = File.ReadAllBytes(_files["sheet.png"]).AsSpan(16, 8);
        Assert.Equal(288 * (1 + (2 * Styles().Count)), BinaryPrimitives.ReadInt32BigEndian(header));
        Assert.InRange(BinaryPrimitives.ReadInt32BigEndian(header[4..]), 289, 2 * 288);
    }

    [Fact]
    public async Task The_bundled_styles_are_like_the_official_ones_and_a_style_that_those_lack_is_named()
    {
        OfficialNetworks.SkipUnlessThere();
        var result = await EvalAsync("--teacher", OfficialNetworks.Directory, "--csv");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("watercolor", result.Error, StringComparison.Ordinal);
        Assert.StartsWith("picture,style,view,ssim,", result.Lines[0], StringComparison.Ordinal);
        var columns = result.Lines[0].Split(',').Length;
        Assert.All(result.Lines[1..], line =>
        {
            var fields = line.Split(',');
            Assert.Equal(columns, fields.Length);
            Assert.Equal("people/portrait.jpg", fields[0]);
            Assert.InRange(double.Parse(fields[3], System.Globalization.CultureInfo.InvariantCulture), 0.7, 0.999);
        });
    }

    [Fact]
    public async Task A_photo_that_is_none_leaves_the_others_figures_and_says_so()
    {
        _files.Add("photos/broken.png", "not a picture");
        var result = await EvalAsync("--teacher", s_bundled, "--csv");
        Assert.Equal((1, 1 + (2 * Styles().Count)), (result.ExitCode, result.Lines.Length));
        Assert.Contains("broken.png: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_listed_photos_are_drawn()
    {
        var list = _files.Add("held-out.txt", "people_somebody\n");
        var none = await EvalAsync("--teacher", s_bundled, "--held-out", list);
        Assert.Equal(2, none.ExitCode);
        Assert.Contains(list, none.Error, StringComparison.Ordinal);

        _files.Add("held-out.txt", "people_portrait\n");
        _files.Add("photos/broken.png", "not a picture");
        Assert.Equal(0, (await EvalAsync("--teacher", s_bundled, "--held-out", list, "--csv")).ExitCode);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_with_the_reason()
    {
        var empty = Directory.CreateDirectory(_files["empty"]).FullName;
        Assert.Equal(3, (await EvalAsync("--teacher", empty)).ExitCode);
        Assert.Equal(2, (await Dctnet.RunAsync("eval", empty, "--teacher", s_bundled)).ExitCode);
        Assert.Equal(2, (await Dctnet.RunAsync("eval", _files["nowhere"], "--teacher", s_bundled)).ExitCode);
        Assert.Equal(2, (await EvalAsync("--teacher", s_bundled, "--csv", "--json")).ExitCode);
        Assert.Equal(2, (await EvalAsync("--teacher", s_bundled, "--sheet", _files["nowhere/sheet.png"])).ExitCode);

        var stranger = await EvalAsync("--teacher", s_bundled, "--perceptual", Path.Combine(s_bundled, "cartoon.onnx"));
        Assert.Equal(3, stranger.ExitCode);
        Assert.Contains("SqueezeNet", stranger.Error, StringComparison.Ordinal);
        Assert.Empty(stranger.Output);

        stranger = await EvalAsync("--teacher", s_bundled, "--identity", Path.Combine(s_bundled, "cartoon.onnx"));
        Assert.Equal(3, stranger.ExitCode);
        Assert.Contains("[N, 3, 112, 112]", stranger.Error, StringComparison.Ordinal);
        Assert.Empty(stranger.Output);
    }

    private static IReadOnlyList<CatalogStyle> Styles()
        => ModelCatalog.Load(s_bundled).TryGet(out var catalog, out var failure) ? catalog.Styles : throw new InvalidOperationException(failure.Message);

    private Task<DctnetResult> EvalAsync(params string[] options) => Dctnet.RunAsync(["eval", _files["photos"], .. options]);
}
