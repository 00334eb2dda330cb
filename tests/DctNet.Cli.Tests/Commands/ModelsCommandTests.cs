namespace DctNet.Cli.Tests.Commands;

/// <summary><c>dctnet models</c>, as a shell sees it. What it converts and refuses is tested with DctNet.ModelTools.</summary>
public sealed class ModelsCommandTests : IDisposable
{
    private static readonly string s_portrait = Path.Combine(AppContext.BaseDirectory, "portrait.jpg");

    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Official_weights_are_imported_and_draw()
    {
        var weights = OfficialFile("sketch_model_header.tflite");

        var imported = await Dctnet.RunAsync("models", "import", weights, "--as", "sketch-official", "--models", _files["models"]);

        Assert.Equal((0, 1), (imported.ExitCode, imported.Lines.Length));
        Assert.StartsWith("sketch-official -> ", imported.Output, StringComparison.Ordinal);

        var made = await Dctnet.RunAsync(
            "cartoonize", s_portrait, "-o", _files["out"], "--models", _files["models"], "--style", "sketch-official", "--max-side", "256");

        Assert.Equal(0, made.ExitCode);
        Assert.Contains("256x256  sketch-official  id ", made.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_network_is_refused_and_changes_nothing()
    {
        var result = await Dctnet.RunAsync("models", "import", s_portrait, "--as", "x", "--models", _files["models"]);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("neither a TensorFlow Lite file nor", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files["models"]));
    }

    [Theory]
    [InlineData("import FILE --as Bad", "--as Bad: must be lower-case")]
    [InlineData("pull anime --as a_b", "--as a_b: must be lower-case")]
    [InlineData("quantize FILE --photos FILE -o nowhere/q.onnx", "nowhere/q.onnx: no such directory")]
    public async Task What_could_not_be_kept_is_refused_before_the_work(string arguments, string expected)
    {
        var result = await Dctnet.RunAsync(["models", .. arguments.Replace("FILE", s_portrait, StringComparison.Ordinal).Split(' ')]);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such", "There is no source \"no-such\"; there are anime,")]
    [InlineData("anime --sources no-such.json", "no-such.json is no list of sources")]
    public async Task What_cannot_be_pulled_is_a_usage_error(string arguments, string expected)
    {
        var result = await Dctnet.RunAsync(["models", "pull", .. arguments.Split(' '), "--models", _files["models"]]);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_used_has_an_exit_code_of_its_own()
    {
        var result = await Dctnet.RunAsync("models", "pull", "anime", "--models", s_portrait);

        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.Contains(s_portrait, result.Error, StringComparison.Ordinal);
    }

    private static string OfficialFile(string name)
    {
        OfficialNetworks.SkipUnlessThere();
        return Path.Combine(OfficialNetworks.Directory, name);
    }
}
