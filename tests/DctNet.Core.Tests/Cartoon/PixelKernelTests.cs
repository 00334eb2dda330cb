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

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Widening_over_white_weighs_by_alpha(int length)
    {
        var rgba = RandomRgba(length);
        var rgb = new float[(3 * length) + 3];
        Array.Fill(rgb, -1f);

        PixelKernels.WidenOverWhite(rgba, rgb);

        for (var i = 0; i < 3 * length; i++)
        {
            // Four roundings of numbers up to 255, each to 2⁻²⁴ of them: 6e-5.
            var alpha = rgba[(i / 3 * 4) + 3] / 255.0;
            Assert.Equal((rgba[(i / 3 * 4) + (i % 3)] * alpha) + (255 * (1 - alpha)), rgb[i], 1e-4);
        }

        Assert.All(rgb[(3 * length)..], value => Assert.Equal(-1f, value));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Narrowing_from_white_divides_by_alpha_rounds_and_clamps(int length)
    {
        var random = new Random(length);
        float[] edges = [float.NaN, float.NegativeInfinity, float.PositiveInfinity, -1e9f, 1e9f];
        float[] rgb = [.. Enumerable.Range(0, 3 * length).Select(i =>
            i % 7 == 0 ? edges[random.Next(edges.Length)] : (random.NextSingle() * 300) - 20)];
        var rgba = RandomRgba(length);
        var before = rgba.ToArray();

        PixelKernels.NarrowFromWhite(rgb, rgba);

        for (var i = 0; i < 3 * length; i++)
        {
            var alpha = before[(i / 3 * 4) + 3] / 255.0;
            var exact = alpha > 0 ? (rgb[i] - (255 * (1 - alpha))) / alpha : rgb[i];

            // Rounded to a half; before that the white is off by 255·2⁻²³ = 3e-5 at most, which an alpha of 1 in 255 makes 0.008.
            Assert.Equal(double.IsNaN(exact) ? 0 : Math.Clamp(exact, 0, 255), rgba[(i / 3 * 4) + (i % 3)], 0.51);
        }

        Assert.All(Enumerable.Range(0, length), i => Assert.Equal(before[(4 * i) + 3], rgba[(4 * i) + 3]));
    }

    [Fact]
    public void Swapping_red_and_blue_leaves_green()
    {
        float[] pixels = [1, 2, 3, 4, 5, 6];
        PixelKernels.SwapRedAndBlue(pixels);
        Assert.Equal([3f, 2f, 1f, 6f, 5f, 4f], pixels);
    }

    /// <summary>Pixels of which every third is opaque, clear or nearly so.</summary>
    private static byte[] RandomRgba(int length)
    {
        var random = new Random(length);
        var rgba = new byte[4 * length];
        random.NextBytes(rgba);
        byte[] edges = [0, 1, 2, 254, 255];
        for (var i = 0; i < length; i += 3)
        {
            rgba[(4 * i) + 3] = edges[random.Next(edges.Length)];
        }

        return rgba;
    }
}
