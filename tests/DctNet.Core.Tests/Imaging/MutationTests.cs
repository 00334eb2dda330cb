using DctNet.C2pa.Tests;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Tests.Provenance;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Imaging;

[CollectionDefinition(nameof(PixelAccounting), DisableParallelization = true)]
public sealed class PixelAccounting;

[Collection(nameof(PixelAccounting))]
public class MutationTests
{
    private const int FilesPerFormat = 500;

    private static readonly ImageLimits s_limits = new() { MaxPixels = 4_000_000 };

    [Fact]
    public void Mutated_files_give_answers_and_nothing_leaks()
    {
        using var small = TestImages.Gradient(64, 48);
        using var labelled = small.Mutate(header => header.Set(GValue.BlobType, "xmp-data", XmpWriter.Write(Labels.Sample)));
        var outstanding = PixelBuffer.Outstanding;
        var (decoded, refused, read) = (0, 0, 0);
        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var original = TestImages.Encode(labelled, format);

            // What other tests left to the finalizers must not be freed meanwhile.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var memory = Stats.Mem;
            for (var seed = 0; seed < FilesPerFormat; seed++)
            {
                var bytes = Mutate(original, seed);
                read += LabelReader.Read(bytes, format).Xmp == LayerState.Present ? 1 : 0;
                if (!ImageProbe.Read(bytes, s_limits).TryGet(out var header, out _))
                {
                    refused++;
                    continue;
                }

                if (ImageDecoder.Decode(bytes, header, 32).TryGet(out var image, out var failure))
                {
                    image.Dispose();
                    decoded++;
                }
                else
                {
                    Assert.Equal(FailureCode.CorruptImage, failure.Code);
                    refused++;
                }
            }

            Assert.InRange(Stats.Mem - memory, long.MinValue, 1_000_000);
        }

        Assert.Equal(outstanding, PixelBuffer.Outstanding);
        Assert.True(decoded > 100 && refused > 100 && read > 100, $"{decoded} decoded, {refused} refused, {read} labels: the mix is off.");
    }

    [Fact]
    public void Every_refusal_returns_its_buffers()
    {
        var outstanding = PixelBuffer.Outstanding;
        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var whole = TestImages.Gradient(format, 200, 150);
            for (var length = 0; length < whole.Length; length += 1 + (whole.Length / 60))
            {
                var part = whole.AsMemory(0, length);
                if (ImageProbe.Read(part, s_limits).TryGet(out var header, out _)
                    && ImageDecoder.Decode(part, header).TryGet(out var image, out _))
                {
                    image.Dispose();
                }
            }
        }

        Assert.Equal(outstanding, PixelBuffer.Outstanding);
    }

    [Fact]
    public void No_bytes_make_what_reads_headers_and_labels_throw()
    {
        using var small = TestImages.Gradient(64, 48);
        var packet = XmpWriter.Write(Labels.WithTc260);
        using var labelled = small.Mutate(header =>
        {
            header.Set(GValue.BlobType, "xmp-data", packet);
            header.Set(GValue.GStrType, "exif-ifd0-Copyright", "EXIF holder");
        });
        var exif = ImageProbe.ReadMetadata(labelled.JpegsaveBuffer()).Value().Exif!.Value.ToArray();
        var (probed, read, parsed, copyrights) = (0, 0, 0, 0);
        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var original = TestImages.Encode(labelled, format);
            for (var seed = 0; seed < Mutator.Count; seed++)
            {
                var bytes = Mutate(original, seed);
                probed += ImageProbe.Read(bytes, s_limits).TryGet(out _, out _) ? 1 : 0;
                read += LabelReader.Read(bytes, format).Tc260.State == LayerState.Present ? 1 : 0;
            }
        }

        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            parsed += SourceClaims.Read(new SourceMetadata(Mutator.Mutate(packet, .., seed), null)).DigitalSourceType is null ? 0 : 1;
            copyrights += SourceClaims.Read(new SourceMetadata(null, Mutator.Mutate(exif, .., seed))).Rights is null ? 0 : 1;
        }

        var all = Mutator.Count * Enum.GetValues<ImageFormat>().Length;
        Assert.True(
            probed > all / 10 && probed < all && Some(read, all) && Some(parsed, Mutator.Count) && Some(copyrights, Mutator.Count),
            $"{probed} of {all} probed, {read} labels; of {Mutator.Count} {parsed} packets and {copyrights} EXIF blocks: the mix is off.");

        static bool Some(int count, int of) => count > 0 && count < of;
    }

    /// <summary>The places of copyright and labels beside XMP: each must be read from some changed files, and not from all.</summary>
    [Theory]
    [InlineData("IPTC-IIM in JPEG")]
    [InlineData("copyright in TIFF")]
    [InlineData("label in TIFF")]
    [InlineData("text in PNG")]
    [InlineData("label in EXIF")]
    [InlineData("label in PNG text")]
    public void No_bytes_make_what_reads_metadata_beside_XMP_throw(string kind)
    {
        byte[] sets = [0x1C, 2, 80, 0, 3, .. "Ana"u8, 0x1C, 2, 116, 0, 10, .. "IIM holder"u8, 0];
        byte[] resources = [.. "Photoshop 3.0\0"u8, .. "8BIM"u8, 4, 4, 0, 0, 0, 0, 0, (byte)sets.Length, .. sets];
        const string Label = """{"Label":"1","ContentProducer":"001191110108MA00000000X00001","ProduceID":"a"}""";
        using var small = TestImages.Gradient(64, 48);
        using var tagged = small.Mutate(header =>
        {
            switch (kind)
            {
                case "IPTC-IIM in JPEG":
                    header.Set(GValue.BlobType, "iptc-data", resources);
                    break;
                case "label in EXIF":
                    header.Set(GValue.GStrType, "exif-ifd2-UserComment", Label);
                    break;
                case "copyright in TIFF" or "label in TIFF":
                    break;
                default:
                    var (keyword, text) = kind == "text in PNG" ? ("Copyright", "holder") : ("AIGC", Label);
                    header.Set(GValue.GStrType, $"png-comment-0-{keyword}", text);
                    break;
            }
        });
        var format = kind[^4..] switch
        {
            "TIFF" => ImageFormat.Tiff,
            "JPEG" or "EXIF" => ImageFormat.Jpeg,
            _ => ImageFormat.Png,
        };
        var file = TestImages.Encode(tagged, format);
        if (kind is "copyright in TIFF" or "label in TIFF")
        {
            file = TestImages.WithTiffTexts(file, "Ana Fotograf", Label);
        }

        Assert.True(IsThere(file), "It must be read where nothing is changed.");
        ReadOnlySpan<byte> name = kind switch
        {
            "label in EXIF" => "Exif"u8,
            "label in PNG text" => "AIGC"u8,
            "text in PNG" => "Copyright"u8,
            "copyright in TIFF" or "label in TIFF" => "Ana Fotograf"u8,
            _ => "Photoshop"u8,
        };

        // In a TIFF the directory stands before its values.
        var at = Math.Max(0, file.AsSpan().IndexOf(name) - (format == ImageFormat.Tiff ? 220 : 12));
        var there = 0;
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            there += IsThere(Mutator.Mutate(file, at..Math.Min(file.Length, at + 250), seed)) ? 1 : 0;
        }

        TestContext.Current.SendDiagnosticMessage($"{kind}: read from {there} of {Mutator.Count} changed files.");
        Assert.InRange(there, Mutator.Count / 20, Mutator.Count * 19 / 20);

        bool IsThere(byte[] bytes)
        {
            var label = LabelReader.Read(bytes, format).Tc260.State == LayerState.Present;
            var claims = ImageProbe.ReadMetadata(bytes).TryGet(out var metadata, out _) ? SourceClaims.Read(metadata) : SourceClaims.None;
            return kind.StartsWith("label", StringComparison.Ordinal) ? label && claims.Tc260Json is not null : claims.Rights is not null;
        }
    }

    /// <summary>Most changes go into the headers, where the structure is.</summary>
    private static byte[] Mutate(byte[] original, int seed) => Mutator.Mutate(original, ..Math.Min(original.Length, 400), seed);
}
