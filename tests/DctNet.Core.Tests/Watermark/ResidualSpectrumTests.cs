using System.Numerics;
using DctNet.Core.Watermark;
using Xunit;
using Plane = DctNet.Core.Watermark.Plane;

namespace DctNet.Core.Tests.Watermark;

/// <summary>Bins, power and interpolation against the transform by definition. Differences count in the root of the plane's power.</summary>
public sealed class ResidualSpectrumTests
{
    private const int Size = ResidualSpectrum.Size;

    // Twenty stages of a transform, each rounding to 2⁻²⁴ of coefficients a few times that root: a few 1e-6.
    private const double Error = 1e-5;

    // Whole eighths, so that adding 320 does not round them.
    private static readonly (float U, float V)[] s_places =
    [
        (33.375f, -12.75f), (0.25f, 0.5f), (-0.5f, -0.375f), (5.25f, -0.125f), (-200.25f, 0.125f), (318.875f, 3), (-319, 10.5f),
        (318.875f, -10.5f), (100, 324.875f), (-77.5f, -324.875f), (12, 0), (-8, 4), (64, -7.75f),
    ];

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 40, 33 }, { 97, 50 }, { 512, 20 }, { 513, 20 }, { 31, 1100 }, { 1100, 24 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Bins_agree_with_the_definition(int width, int height)
    {
        using var plane = Noise(width, height);
        using var spectrum = ResidualSpectrum.Of(plane);

        foreach (var (u, v) in new[] { (0, 0), (8, 0), (-8, 40), (100, -37), (-300, 300), (310, 5), (-320, -320), (320, -1) })
        {
            var expected = NaiveAt(plane, u, v);
            var actual = spectrum.At(u, v);
            Assert.Equal(expected.Real, actual.Re, Error * Norm(plane));
            Assert.Equal(expected.Imaginary, actual.Im, Error * Norm(plane));
        }
    }

    [Fact]
    public void Between_bins_it_is_near_the_definition()
    {
        using var plane = Noise(512, 512);
        using var spectrum = ResidualSpectrum.Of(plane);

        // The interpolation weighs the outskirts of the plane a little less.
        var expected = NaiveAt(plane, 33.4, -12.7);
        var actual = spectrum.At(33.4f, -12.7f);
        Assert.True((expected - new Complex(actual.Re, actual.Im)).Magnitude < 0.2 * Norm(plane));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Between_bins_it_is_their_cubic_interpolation(int width, int height)
    {
        using var plane = Noise(width, height);
        using var spectrum = ResidualSpectrum.Of(plane);

        foreach (var (u, v) in s_places)
        {
            var expected = Complex.Zero;
            for (var i = (int)MathF.Floor(u) - 1; i <= MathF.Floor(u) + 2; i++)
            {
                for (var j = (int)MathF.Floor(v) - 1; j <= MathF.Floor(v) + 2; j++)
                {
                    expected += NaiveAt(plane, i, j) * ResampleTaps.CatmullRom(u - i) * ResampleTaps.CatmullRom(v - j);
                }
            }

            var actual = spectrum.At(u, v);
            Assert.Equal(expected.Real, actual.Re, Error * Norm(plane));
            Assert.Equal(expected.Imaginary, actual.Im, Error * Norm(plane));
        }
    }

    [Theory]
    [InlineData(319, 3)]
    [InlineData(-319.125f, 3)]
    [InlineData(319.125f, -3)]
    [InlineData(-319, -3)]
    [InlineData(2, 325)]
    [InlineData(2, -325)]
    [InlineData(float.NaN, 3)]
    [InlineData(3, float.NaN)]
    [InlineData(float.PositiveInfinity, 3)]
    [InlineData(float.NegativeInfinity, -3)]
    [InlineData(3, float.PositiveInfinity)]
    [InlineData(3, float.NegativeInfinity)]
    public void Where_not_all_neighbours_are_kept_it_is_zero(float u, float v)
    {
        using var plane = Noise(40, 33);
        using var spectrum = ResidualSpectrum.Of(plane);

        Assert.Equal(default, spectrum.At(u, v));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Power_is_that_of_the_bins(int width, int height)
    {
        using var plane = Noise(width, height);
        using var spectrum = ResidualSpectrum.Of(plane);
        var power = new float[ResidualSpectrum.Band + 1];

        foreach (var u in new[] { -ResidualSpectrum.Band, -37, 0, 5, ResidualSpectrum.Band })
        {
            spectrum.Power(u, power);

            for (var v = 0; v < power.Length; v += v is > 1 and < ResidualSpectrum.Band - 18 ? 43 : 1)
            {
                // Twice the magnitude, a few times the root, times the error of the bin.
                var magnitude = NaiveAt(plane, u, v).Magnitude;
                Assert.Equal(magnitude * magnitude, power[v], 10 * Error * Norm(plane) * Norm(plane));
            }
        }
    }

    private static Plane Noise(int width, int height)
    {
        var plane = Planes.Random(width, height, width);
        foreach (ref var value in plane.Span)
        {
            value = value / 255 - 0.5f;
        }

        return plane;
    }

    private static double Norm(Plane plane) => Math.Sqrt(plane.Span.ToArray().Sum(value => (double)value * value));

    private static Complex NaiveAt(Plane plane, double u, double v)
    {
        var (re, im) = (0.0, 0.0);
        for (var y = 0; y < plane.Height; y++)
        {
            var row = plane.Row(y);
            for (var x = 0; x < row.Length; x++)
            {
                var (dx, dy) = (x - plane.Width / 2, y - plane.Height / 2);
                if (dx is >= -Size / 2 and < Size / 2 && dy is >= -Size / 2 and < Size / 2)
                {
                    var (sin, cos) = Math.SinCos(2 * Math.PI * (u * dx + v * dy) / Size);
                    (re, im) = (re + row[x] * cos, im - row[x] * sin);
                }
            }
        }

        return new Complex(re, im);
    }
}
