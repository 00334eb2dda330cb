using DctNet.Core.Cartoon;
using DctNet.Core.Imaging;
using DctNet.Core.Tests.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

[Collection(nameof(PixelAccounting))]
public sealed class LinearBlendTests
{
    [Theory]
    [InlineData(0, 255, 0.5f, 188)]
    [InlineData(0, 255, 0.25f, 137)]
    [InlineData(10, 10, 0.3f, 10)]
    [InlineData(100, 200, 0, 100)]
    [InlineData(100, 200, 1, 200)]
    public void Light_is_mixed_not_stored_values(byte portrait, byte cartoon, float strength, byte expected) =>
        Assert.Equal(expected, LinearBlend.Mix(portrait, cartoon, strength));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_pixel_is_mixed_and_alpha_stays(int channels)
    {
        using var portrait = Noise(channels, seed: 1);
        using var cartoon = Noise(channels, seed: 2);
        if (channels == 4)
        {
            cartoon.Span[(4 * 5) + 3] = 0; // Hidden: nothing of the portrait is to get there.
        }

        using var before = cartoon.Clone();

        LinearBlend.Into(cartoon, portrait, 0.4f);

        for (var i = 0; i < cartoon.Length; i++)
        {
            var expected = channels == 4 && (i % 4 == 3 || before.Span[i | 3] == 0) ? before.Span[i] : LinearBlend.Mix(portrait.Span[i], before.Span[i], 0.4f);
            Assert.Equal(expected, cartoon.Span[i]);
        }
    }

    [Fact]
    public void Steps_of_strength_are_smooth()
    {
        for (var strength = 0.01f; strength <= 1; strength += 0.01f)
        {
            Assert.InRange(LinearBlend.Mix(40, 220, strength) - LinearBlend.Mix(40, 220, strength - 0.01f), 0, 9);
        }
    }

    private static PixelBuffer Noise(int channels, int seed)
    {
        var picture = new PixelBuffer(37, 23, channels);
        new Random(seed).NextBytes(picture.Span);
        return picture;
    }
}
