using DctNet.Core.Cartoon;
using DctNet.Core.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public class ResamplerTests
{
    [Theory]
    [InlineData(40, 30, 40, 30)]
    [InlineData(41, 29, 17, 13)]
    [InlineData(64, 64, 16, 16)]
    [InlineData(50, 7, 49, 1)]
    [InlineData(13, 11, 40, 37)]
    [InlineData(1, 1, 5, 4)]
    [InlineData(3, 2, 8, 1)]
    [InlineData(5, 40, 9, 7)]
    public void A_resize_agrees_with_the_plain_formula(int width, int height, int newWidth, int newHeight)
    {
        using var source = Noise(width, height, 3);
        using var target = Resampler.ToFloat(source, newWidth, newHeight);

        for (var y = 0; y < newHeight; y++)
        {
            for (var x = 0; x < newWidth; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    Assert.Equal(Plain(source, newWidth, newHeight, x, y, c), target.Row(y)[(x * 3) + c], 2e-3);
                }
            }
        }

        using var again = Resampler.Resize(target, newWidth, newHeight);
        Assert.Equal(target.Span.ToArray(), again.Span.ToArray());
    }

    [Fact]
    public void A_flat_picture_stays_flat_at_every_size()
    {
        using var source = Pictures.Flat(37, 23, 200);
        foreach (var (width, height) in new[] { (5, 7), (37, 23), (100, 80), (1, 1), (12, 90) })
        {
            using var floats = Resampler.ToFloat(source, width, height);
            Assert.All(floats.Span.ToArray(), value => Assert.Equal(200f, value, 1e-3f));
            using var bytes = new PixelBuffer(41, 19, 3);
            Resampler.ToBytes(floats, bytes);
            Assert.All(bytes.Span.ToArray(), value => Assert.Equal(200, value));
        }
    }

    [Fact]
    public void A_picture_with_alpha_survives_there_and_back()
    {
        using var source = Noise(31, 17, 4);
        using var floats = Resampler.ToFloat(source, 31, 17);
        using var target = source.Clone();
        Resampler.ToBytes(floats, target);

        for (var i = 0; i < source.Length; i += 4)
        {
            Assert.Equal(source.Span[i + 3], target.Span[i + 3]);
            for (var c = 0; c < 3 && source.Span[i + 3] > 0; c++)
            {
                Assert.Equal(source.Span[i + c], target.Span[i + c]);
            }
        }
    }

    private static PixelBuffer Noise(int width, int height, int channels)
    {
        var picture = new PixelBuffer(width, height, channels);
        new Random(width * height).NextBytes(picture.Span);
        return picture;
    }

    /// <summary>One value by the definition: coverage when a side shrinks, Catmull-Rom when it grows, axis by axis.</summary>
    private static double Plain(PixelBuffer source, int width, int height, int x, int y, int channel)
    {
        double sum = 0;
        for (var sy = 0; sy < source.Height; sy++)
        {
            var vertical = Weight(source.Height, height, y, sy);
            for (var sx = 0; vertical != 0 && sx < source.Width; sx++)
            {
                sum += vertical * Weight(source.Width, width, x, sx) * source.Row(sy)[(sx * 3) + channel];
            }
        }

        return sum;
    }

    private static double Weight(int source, int target, int i, int k)
    {
        var scale = (double)source / target;
        if (target < source)
        {
            return Math.Max(0, Math.Min(k + 1, (i + 1) * scale) - Math.Max(k, i * scale)) / scale;
        }

        var centre = ((i + 0.5) * scale) - 0.5;
        double sum = 0;
        for (var tap = (int)Math.Floor(centre) - 1; tap <= (int)Math.Floor(centre) + 2; tap++)
        {
            if (Math.Clamp(tap, 0, source - 1) == k)
            {
                var d = Math.Abs(centre - tap);
                sum += d <= 1 ? (1.5 * d * d * d) - (2.5 * d * d) + 1 : d < 2 ? (-0.5 * d * d * d) + (2.5 * d * d) - (4 * d) + 2 : 0;
            }
        }

        return sum;
    }
}
