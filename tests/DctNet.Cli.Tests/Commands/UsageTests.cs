namespace DctNet.Cli.Tests.Commands;

public sealed class UsageTests
{
    [Theory]
    [InlineData("", "Required command was not provided")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("cartoonize -o out", "INPUT")]
    [InlineData("cartoonize a.jpg", "--output")]
    [InlineData("cartoonize a.jpg -o out --format gif", "gif")]
    [InlineData("cartoonize a.jpg -o out --quality 0", "--quality 0: must be 1 to 100")]
    [InlineData("cartoonize a.jpg -o out --quality 101", "--quality 101")]
    [InlineData("cartoonize a.jpg -o out --quality many", "many")]
    [InlineData("cartoonize a.jpg -o out --max-side 63", "--max-side 63: must be at least 64")]
    [InlineData("cartoonize a.jpg -o out --strength 1.1", "--strength 1.1: must be 0 to 1")]
    [InlineData("cartoonize a.jpg -o out --strength half", "--strength half: must be 0 to 1")]
    [InlineData("models", "Required command")]
    [InlineData("models import a.tflite", "--as")]
    [InlineData("cartoonize a.jpg -o out --parallel 0", "--parallel 0")]
    [InlineData("cartoonize a.jpg -o out --server localhost:8081", "--server localhost:8081")]
    [InlineData("cartoonize a.jpg -o out --server http://localhost --models m", "--models")]
    [InlineData("verify", "FILE")]
    [InlineData("verify a.jpg --effort much", "much")]
    [InlineData("styles --models", "--models")]
    [InlineData("watermark", "Required command")]
    [InlineData("watermark embed a.png -o out --id 12", "--id 12: must be 16 hexadecimal digits")]
    [InlineData("watermark embed a.png -o out --id 0123456789abcdeg", "--id 0123456789abcdeg")]
    [InlineData("watermark attack a.png", "Give FILE and NAME, or --list")]
    [InlineData("watermark attack a.png crumple", "crumple: no such attack")]
    [InlineData("watermark evaluate . --attack crumple", "--attack crumple: no such attack")]
    [InlineData("watermark evaluate nowhere", "nowhere: no such directory")]
    [InlineData("watermark detect", "Run 'dctnet watermark detect --help'")]
    public async Task A_wrong_command_line_is_explained_and_ends_with_2(string arguments, string expected)
    {
        var result = await Dctnet.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cartoonize", "", "-o", "out")]
    [InlineData("cartoonize", "-r", "", "-o", "out")]
    [InlineData("cartoonize", "a.jpg", "-o", "")]
    [InlineData("cartoonize", "a.jpg", "-o", "out", "--report", "")]
    [InlineData("cartoonize", "a.jpg", "-o", "out", "--models", "")]
    [InlineData("verify", "")]
    [InlineData("styles", "--models", "")]
    [InlineData("watermark", "embed", "a.png", "-o", "")]
    [InlineData("watermark", "attack", "", "none")]
    [InlineData("watermark", "attack", "a.png", "none", "-o", "")]
    [InlineData("certs", "dev", "-o", "")]
    [InlineData("eval", ".", "--teacher", "")]
    [InlineData("eval", ".", "--teacher", "t", "--held-out", "")]
    [InlineData("eval", ".", "--teacher", "t", "--perceptual", "")]
    [InlineData("eval", ".", "--teacher", "t", "--identity", "")]
    [InlineData("models", "import", "", "--as", "x")]
    [InlineData("models", "import", "a.tflite", "--as", "x", "--models", "")]
    [InlineData("models", "pull", "anime", "--sources", "")]
    [InlineData("models", "quantize", "", "--photos", "a.jpg", "-o", "q.onnx")]
    [InlineData("models", "quantize", "a.onnx", "--photos", "", "-o", "q.onnx")]
    [InlineData("ledger", "erase", "--tenant", "")]
    [InlineData("bench", "")]
    public async Task An_empty_name_is_none(params string[] arguments)
    {
        var result = await Dctnet.RunAsync(arguments);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(": must not be empty.", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cartoonize")]
    [InlineData("watermark", "embed")]
    public async Task A_picture_s_name_is_no_directory_unless_there_is_one(params string[] command)
    {
        using var files = new TemporaryDirectory();
        var result = await Dctnet.RunAsync([.. command, "nowhere.jpg", "-o", files["new.png"]]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("give a directory", result.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(files["new.png"]));
        Directory.CreateDirectory(files["old.png"]);
        Assert.Contains("no such file", (await Dctnet.RunAsync([.. command, "nowhere.jpg", "-o", files["old.png"]])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_argument_with_an_at_sign_is_a_file_of_that_name()
    {
        var result = await Dctnet.RunAsync("watermark", "detect", "@nowhere.png");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("dctnet: @nowhere.png: no such file", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cartoonize", "3    the service cannot start")]
    [InlineData("verify", "3    claimed only")]
    [InlineData("styles", "3    the service cannot start")]
    [InlineData("info", "3    the service cannot start")]
    public async Task Help_lists_the_exit_codes(string command, string expected)
    {
        var result = await Dctnet.RunAsync(command, "--help");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        Assert.Contains("130  interrupted", result.Output, StringComparison.Ordinal);
    }
}
