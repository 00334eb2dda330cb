using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class PerceptualMaskTests
{
    // Means of squares up to 255² and squares of means, over 8 + 8 roundings to 2⁻²⁴ of them.
    private const double VarianceError = 0.062;

    [Theory]
    [InlineData(3, 4)]
    [InlineData(9, 5)]
    [InlineData(40, 33)]
    [InlineData(67, 40)]
    [InlineData(95, 21)]
    public void The_mask_agrees_with_its_definition(int width, int height)
    {
        // Ever darker from top to bottom, ever more textured from left to right.
        using var luma = Planes.Random(width, height, 71);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (level, range) = (230f - 230f * y / height, 12 + 110f * x / width);
                luma.Row(y)[x] = Math.Clamp(level + range * (luma.Row(y)[x] / 255 - 0.5f), 0, 255);
            }
        }

        foreach (var shape in MaskShape.All)
        {
            using var mask = PerceptualMask.Of(luma, shape);

            var expected = NaiveMask(luma, shape);
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    // No deviation here is less than 1.5: of it an error of the variance is a third, and of the mask 0.4 of that.
                    Assert.Equal(expected[y, x], mask.Row(y)[x], VarianceError / 3 * 0.4 + 1e-4);
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7.3f)]
    [InlineData(100.7f)]
    [InlineData(245.8f)]
    [InlineData(254.9f)]
    public void Flat_areas_have_the_amplitude_of_their_level(float level)
    {
        using var luma = new Plane(45, 20);
        luma.Span.Fill(level);
        foreach (var shape in MaskShape.All)
        {
            using var mask = PerceptualMask.Of(luma, shape);

            // What rounding makes of no variance is not much of a deviation, and no square root of something negative.
            var amplitude = Math.Min(1, shape.DarkFloor + (1 - shape.DarkFloor) * level / 30);
            var most = Math.Min(shape.Cap, 1 + shape.ActivityGain * Math.Sqrt(VarianceError * level * level / (255 * 255)));
            Assert.All(mask.Span.ToArray(), value => Assert.InRange(value, amplitude - 1e-5, amplitude * most + 1e-5));
        }
    }

    private static double[,] NaiveMask(Plane luma, MaskShape shape)
    {
        var values = Map(luma, (x, y) => luma.Row(y)[x]);
        var mean = Map(luma, (x, y) => Window(values, x, y, 4).Average());
        var deviation = Map(luma, (x, y) => Math.Sqrt(Window(values, x, y, 4).Average(value => Math.Pow(value - mean[y, x], 2))));
        var amplitude = Map(luma, (x, y) =>
            Math.Min(shape.Cap, 1 + shape.ActivityGain * Window(deviation, x, y, 3).Min())
            * Math.Min(1, shape.DarkFloor + (1 - shape.DarkFloor) * mean[y, x] / 30));
        var once = Map(luma, (x, y) => Window(amplitude, x, y, 4).Average());
        return Map(luma, (x, y) => Window(once, x, y, 4).Average());
    }

    private static double[,] Map(Plane size, Func<int, int, double> value)
    {
        var result = new double[size.Height, size.Width];
        for (var y = 0; y < size.Height; y++)
        {
            for (var x = 0; x < size.Width; x++)
            {
                result[y, x] = value(x, y);
            }
        }

        return result;
    }

    private static IEnumerable<double> Window(double[,] values, int x, int y, int radius)
    {
        for (var dy = -radius; dy <= radius; dy++)
        {
            for (var dx = -radius; dx <= radius; dx++)
            {
                yield return values[Math.Clamp(y + dy, 0, values.GetLength(0) - 1), Math.Clamp(x + dx, 0, values.GetLength(1) - 1)];
            }
        }
    }
}
