using System.Text.Json;
using DctNet.Core.Imaging;

namespace DctNet.Cli.Tests.Commands;

/// <summary>Inputs that are there and cannot be read: the exit code is theirs, and not that of results or of the service.</summary>
public sealed class InputFilesTests : IDisposable
{
    private static readonly string s_portrait = Path.Combine(AppContext.BaseDirectory, "portrait.jpg");

    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("watermark attack FILE none -o OUT")]
    [InlineData("models quantize FILE --photos PHOTO -o OUT.onnx")]
    [InlineData("models quantize PHOTO --photos FILE -o OUT.onnx")]
    [InlineData("models import FILE --as x --models OUT")]
    [InlineData("bench FILE")]
    [InlineData("bench FILE --sides 64")]
    public async Task What_is_there_and_cannot_be_read_ends_with_1(string command)
    {
        var file = _files.Add("locked", "");
        using var locked = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var arguments = command.Split(' ').Select(argument => argument
            .Replace("FILE", file, StringComparison.Ordinal)
            .Replace("PHOTO", s_portrait, StringComparison.Ordinal)
            .Replace("OUT", _files["out"], StringComparison.Ordinal));

        var result = await Dctnet.RunAsync([.. arguments]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"dctnet: {file}: ", result.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_files["out"]));
        if (command.StartsWith("watermark", StringComparison.Ordinal))
        {
            using var line = JsonDocument.Parse(Assert.Single(result.Lines));
            Assert.Equal(file, line.RootElement.GetProperty("file").GetString());
        }
    }

    [Fact]
    public async Task What_the_decoder_says_of_a_photo_is_passed_on()
    {
        var photo = _files.Add("notes.txt", "not a picture");
        Assert.False(ImageProbe.Read(await File.ReadAllBytesAsync(photo, TestContext.Current.CancellationToken), new ImageLimits()).TryGet(out _, out var failure));

        var result = await Dctnet.RunAsync("models", "quantize", s_portrait, "--photos", photo, "-o", _files["q.onnx"]);

        Assert.Equal((1, $"dctnet: {photo}: {failure.Message}\n"), (result.ExitCode, result.Error));
    }
}
