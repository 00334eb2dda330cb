using DctNet.Core.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Imaging;

public class ImageResizerTests
{
    [Theory]
    [InlineData(ResizeFilter.Lanczos3)]
    [InlineData(ResizeFilter.Linear)]
    [InlineData(ResizeFilter.Nearest)]
    public void A_gradient_stays_a_gradient_at_any_size(ResizeFilter filter)
    {
        using var source = TestImages.Gradient();
        using var pixels = TestImages.Pixels(source);
        foreach (var (width, height) in ((int, int)[])[(48, 32), (192, 128), (37, 91), (1, 1), (96, 64)])
        {
            using var resized = ImageResizer.Resize(pixels, width, height, filter);
            Assert.Equal((width, height, 3), (resized.Width, resized.Height, resized.Channels));
            if (width > 2)
            {
                Assert.InRange(resized.Row(0)[0], 240, 255);
                Assert.InRange(resized.Row(height - 1)[(width * 3) - 2], 240, 255);
            }
        }
    }

    [Fact]
    public void Shrinking_by_two_averages_like_the_naive_box()
    {
        using var source = TestImages.Gradient(128, 96);
        using var pixels = TestImages.Pixels(source);
        using var naive = new PixelBuffer(64, 48, 3);
        for (var y = 0; y < 48; y++)
        {
            for (var x = 0; x < 64 * 3; x++)
            {
                var at = ((x / 3) * 6) + (x % 3);
                var top = pixels.Row(2 * y);
                var bottom = pixels.Row((2 * y) + 1);
                naive.Row(y)[x] = (byte)((top[at] + top[at + 3] + bottom[at] + bottom[at + 3] + 2) / 4);
            }
        }

        using var resized = ImageResizer.Resize(pixels, 64, 48, ResizeFilter.Linear);
        PixelAssert.Near(naive, resized, 0.8);
    }

    [Fact]
    public void Alpha_that_hides_nothing_changes_nothing()
    {
        var random = new Random(1);
        using var plain = new PixelBuffer(96, 64, 3);
        using var opaque = new PixelBuffer(96, 64, 4);
        opaque.Span.Fill(255);
        random.NextBytes(plain.Span);
        for (var i = 0; i < plain.Length; i++)
        {
            opaque.Span[(i / 3 * 4) + (i % 3)] = plain.Span[i];
        }

        using var expected = ImageResizer.Resize(plain, 36, 24);
        using var resized = ImageResizer.Resize(opaque, 36, 24);

        for (var i = 0; i < expected.Length; i++)
        {
            Assert.InRange(expected.Span[i] - resized.Span[(i / 3 * 4) + (i % 3)], -1, 1);
        }

        var difference = Enumerable.Range(0, expected.Length).Average(i => expected.Span[i] - resized.Span[(i / 3 * 4) + (i % 3)]);
        Assert.InRange(difference, -0.25, 0.25); // Truncated, it would be half a level.
    }

    [Fact]
    public void Hidden_colours_do_not_bleed_through_alpha()
    {
        using var pixels = new PixelBuffer(64, 64, 4);
        for (var y = 0; y < 64; y++)
        {
            var row = pixels.Row(y);
            for (var x = 0; x < 64; x++)
            {
                ReadOnlySpan<byte> color = x % 2 == 0 ? [200, 0, 0, 255] : [0, 255, 0, 0];
                color.CopyTo(row[(4 * x)..]);
            }
        }

        using var half = ImageResizer.Resize(pixels, 32, 32);
        var middle = half.Row(16).Slice(16 * 4, 4);
        Assert.InRange(middle[0], 195, 205);
        Assert.InRange(middle[1], 0, 5);
        Assert.InRange(middle[3], 100, 155);
    }
}
