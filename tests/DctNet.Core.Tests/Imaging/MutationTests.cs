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
        var random = new Random(20261123);
        var (decoded, refused, read) = (0, 0, 0);
        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var original = TestImages.Encode(labelled, format);
            var memory = Stats.Mem;
            for (var i = 0; i < FilesPerFormat; i++)
            {
                var bytes = Mutate(original, random);
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

            Assert.InRange(Stats.Mem - memory, -1_000_000, 1_000_000);
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

    /// <summary>Flips, overwrites, cuts, repeats or inserts, a few times over.</summary>
    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var count = random.Next(1, 5); count > 0 && bytes.Count > 8; count--)
        {
            // Half of the changes go into the headers, where the structure is.
            var at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 400) : bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = 0xFF;
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 64), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 64), bytes.Count - at)));
                    break;
                default:
                    if (random.Next(4) == 0)
                    {
                        bytes.RemoveRange(at, bytes.Count - at);
                    }
                    else
                    {
                        bytes[at] = 0;
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
