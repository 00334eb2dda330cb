using DctNet.Core.Cartoon;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

/// <summary>The fast kernels against their naive twins, at lengths around the vector sizes.</summary>
public class PixelKernelTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(0, 40), 255, 256, 1000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Widening_keeps_every_value(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var floats = new float[length + 3];
        Array.Fill(floats, -1f);

        PixelKernels.Widen(bytes, floats);

        Assert.Equal(bytes.Select(value => (float)value), floats[..length]);
        Assert.All(floats[length..], value => Assert.Equal(-1f, value));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Narrowing_rounds_and_clamps(int length)
    {
        var random = new Random(length);
        float[] edges = [float.NaN, float.NegativeInfinity, float.PositiveInfinity, -0.5f, 0.49f, 0.5f, 254.5f, 255.4f, 1e9f, -1e9f];
        var floats = new float[length];
        for (var i = 0; i < length; i++)
        {
            floats[i] = i % 3 == 0 ? edges[random.Next(edges.Length)] : (random.NextSingle() * 300) - 20;
        }

        var bytes = new byte[length];

        PixelKernels.Narrow(floats, bytes);

        Assert.Equal(floats.Select(value => float.IsNaN(value) ? (byte)0 : (byte)Math.Clamp(Math.Floor(value + 0.5f), 0, 255)), bytes);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Accumulating_adds_the_weighted_row(int length)
    {
        var random = new Random(length);
        float[] source = [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
        float[] target = [.. Enumerable.Repeat(2f, length)];

        PixelKernels.Accumulate(source, 0.25f, target, first: false);
        Assert.All(source.Zip(target), pair => Assert.Equal(2 + (0.25 * pair.First), pair.Second, 1e-6));

        PixelKernels.Accumulate(source, 0.5f, target, first: true);
        Assert.All(source.Zip(target), pair => Assert.Equal(0.5 * pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Colours_over_white_come_back_wherever_they_show()
    {
        byte[] rgba = [10, 200, 90, 255, 10, 200, 90, 128, 10, 200, 90, 1, 10, 200, 90, 0];
        var rgb = new float[12];

        PixelKernels.WidenOverWhite(rgba, rgb);
        Assert.Equal([10f, 200f, 90f], rgb[..3]);
        Assert.Equal(255 - (245 * 128 / 255.0), rgb[3], 1e-3);
        Assert.Equal([255f, 255f, 255f], rgb[9..]);

        byte[] back = [0, 0, 0, 255, 0, 0, 0, 128, 0, 0, 0, 1, 0, 0, 0, 0];
        PixelKernels.NarrowFromWhite(rgb, back);
        Assert.Equal(rgba[..12], back[..12]);
        Assert.Equal([255, 255, 255, 0], back[12..]);
    }

    [Fact]
    public void Swapping_red_and_blue_leaves_green()
    {
        float[] pixels = [1, 2, 3, 4, 5, 6];
        PixelKernels.SwapRedAndBlue(pixels);
        Assert.Equal([3f, 2f, 1f, 6f, 5f, 4f], pixels);
    }
}
