using System.Diagnostics;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Tests.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

/// <summary>An independent reader's word on our files. Needs exiftool; with DCTNET_REQUIRE_TOOLS=1 its absence is a failure.</summary>
public class ExiftoolTests
{
    public static TheoryData<ImageFormat> Writable => [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif];

    [Theory]
    [MemberData(nameof(Writable))]
    public async Task Exiftool_prints_the_label_and_has_nothing_to_complain_about(ImageFormat format)
    {
        var claims = new SourceClaims
        {
            Rights = "© 2026 Ana",
            Creators = ["Ana"],
            Credit = "Agency",
            Marked = "True",
            UsageTerms = "no resale",
            WebStatement = "https://example.org/rights",
            InstanceId = "xmp.iid:source",
            DocumentId = "xmp.did:source",
            DigitalSourceType = DigitalSourceTypes.Prefix + "digitalCapture",
        };
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}{format.Extension()}");
        await File.WriteAllBytesAsync(
            path, XmpWriterTests.Encode(format, XmpWriter.Write(Labels.WithTc260, claims)), TestContext.Current.CancellationToken);
        try
        {
            var validation = await Run("-validate", "-warning", "-error", "-a", path);
            Assert.Equal("Validate : OK", string.Join(' ', validation.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim());

            var tags = await Run("-s", "-G1", "-a", path);
            foreach (var expected in (string[])
                [
                    "trainedAlgorithmicMedia", "DctNet.Grpc", "0.1.0 (ink 1)", "xmp.iid:5f2b8f0e", "\"ProduceID\":\"00c0ffee00c0ffee\"",
                    "© 2026 Ana", "Agency", "no resale", "digitalCapture",
                ])
            {
                Assert.Contains(expected, tags, StringComparison.Ordinal);
            }

            foreach (var unwanted in (string[])["[GPS]", "[IFD0]", "[ExifIFD]", "[IFD1]", "[ICC"])
            {
                Assert.DoesNotContain(unwanted, tags, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task The_copyright_that_exiftool_writes_into_a_TIFF_as_IPTC_IIM_survives()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.tif");
        using var picture = TestImages.Gradient(64, 48);
        await File.WriteAllBytesAsync(path, TestImages.Encode(picture, ImageFormat.Tiff), TestContext.Current.CancellationToken);
        try
        {
            await Run("-q", "-overwrite_original", "-IPTC:CopyrightNotice=(c) Archive 1998", "-IPTC:By-line=Ana", "-IPTC:Credit=Agency", path);

            var metadata = ImageProbe.ReadMetadata(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)).Value();

            Assert.Null(metadata.Xmp);
            var claims = SourceClaims.Read(metadata);
            Assert.Equal(("(c) Archive 1998", "Agency"), (claims.Rights, claims.Credit));
            Assert.Equal(["Ana"], claims.Creators);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<string> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("exiftool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.SkipUnless(
                Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1",
                "exiftool is not installed (Debian: libimage-exiftool-perl).");
            throw;
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal("", await errors);
            return output;
        }
    }
}
