using DctNet.Core.Imaging;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>
/// The bound of FORMAT.md rests on one claim: a MAC check of a wrong payload passes with probability 2^−bits. With 40 bits no test
/// could ever see it fail; with 10 it can be counted.
/// </summary>
public sealed class FalsePositiveTests
{
    private const int TagBits = 10;

    [Fact]
    public void With_ten_tag_bits_unmarked_and_wrongly_keyed_pictures_are_accepted_as_often_as_the_bound_says()
    {
        var pictures = new List<PixelBuffer>();
        for (var i = 0; i < 4; i++)
        {
            pictures.Add(MarkPictures.Noise(128 + i, 140, i));
            pictures.Add(MarkPictures.Cartoon(192, 200, i));
            var foreign = MarkPictures.Cartoon(200, 192, 100 + i);
            new WatermarkEmbedder(TestKeys.Numbered(1000 + i)).Embed(foreign, new WatermarkId((ulong)i));
            pictures.Add(foreign);
        }

        var (checks, accepts) = (0L, 0L);
        for (var ring = 0; ring < 3; ring++)
        {
            var keys = Enumerable.Range(ring * WatermarkKeyRing.MaxKeys, WatermarkKeyRing.MaxKeys).Select(TestKeys.Numbered);
            var detector = new WatermarkDetector(new WatermarkKeyRing(keys), TagBits);
            foreach (var picture in pictures)
            {
                var result = detector.Look(picture);
                checks += result.MacChecks;
                accepts += result.Found ? 1 : 0;
                Assert.Equal(result.MaxMacChecks * Math.Pow(2, -TagBits), result.FalsePositiveBound);
            }
        }

        pictures.ForEach(picture => picture.Dispose());

        // Each check is a trial; the normal approximation of the binomial is good at these counts.
        var probability = Math.Pow(2, -TagBits);
        var (expected, deviation) = (checks * probability, Math.Sqrt(checks * probability * (1 - probability)));
        Assert.InRange(checks, 15_000, long.MaxValue);
        Assert.InRange(accepts, expected - 2.576 * deviation, expected + 2.576 * deviation);
    }
}
