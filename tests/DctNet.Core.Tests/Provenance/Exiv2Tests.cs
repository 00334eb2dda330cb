using System.Diagnostics;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

/// <summary>A second independent reader's word, without a warning. Needs exiv2; with DCTNET_REQUIRE_TOOLS=1 its absence is a failure.</summary>
public class Exiv2Tests
{
    public static TheoryData<ImageFormat> Writable => [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif];

    [Theory]
    [MemberData(nameof(Writable))]
    public async Task Exiv2_prints_the_label_and_warns_of_nothing(ImageFormat format)
    {
        var label = Labels.WithTc260 with { Provider = "Example GmbH" };
        var claims = new SourceClaims { Rights = "© 2026 Ana", Creators = ["Ana"], DigitalSourceType = DigitalSourceTypes.Prefix + "digitalCapture" };
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}{format.Extension()}");
        await File.WriteAllBytesAsync(
            path, XmpWriterTests.Encode(format, XmpWriter.Write(label, claims)), TestContext.Current.CancellationToken);
        try
        {
            var (output, errors) = await RunAsync("-px", path);
            Assert.SkipWhen(
                format == ImageFormat.Avif && errors.Contains("unknown image type", StringComparison.Ordinal),
                "This exiv2 was built without ISO base media files.");

            Assert.Equal("", errors);
            foreach (var (property, value) in ((string, string)[])
                [
                    ("iptcExt.DigitalSourceType", DigitalSourceTypes.TrainedAlgorithmicMedia),
                    ("iptcExt.AISystemUsed", "DctNet.Grpc"),
                    ("iptcExt.AISystemVersionUsed", "0.1.0 (ink 1)"),
                    ("xmp.CreatorTool", "DctNet.Grpc 0.1.0"),
                    ("xmpMM.InstanceID", "xmp.iid:5f2b8f0e-6f3a-4c56-9d8a-0a2f5a1c7e11"),
                    ("dc.publisher", "Example GmbH"),
                    ("dc.creator", "Ana"),
                ])
            {
                Assert.Contains(output.Split('\n'), line => line.Contains(property, StringComparison.Ordinal) && line.TrimEnd().EndsWith(value, StringComparison.Ordinal));
            }

            var aigc = Assert.Single(output.Split('\n'), line => line.Contains("AIGC ", StringComparison.Ordinal));
            Assert.Contains("\"ProduceID\":\"00c0ffee00c0ffee\"", aigc, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<(string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("exiv2", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1", "exiv2 is not installed (Debian: exiv2).");
            throw;
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (output, await errors);
        }
    }
}
