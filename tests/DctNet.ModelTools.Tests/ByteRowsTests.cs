namespace DctNet.ModelTools.Tests;

public sealed class ByteRowsTests
{
    private const int Length = 97;

    [Fact]
    public void No_scale_has_a_smaller_error_by_much()
    {
        var values = Values(rows: 20);

        var (integers, scales) = ByteRows.Quantize(values, 20);

        for (var row = 0; row < 20; row++)
        {
            var part = values.AsSpan(row * Length, Length).ToArray();
            var largest = part.Max(MathF.Abs);
            var best = Enumerable.Range(40, 61).Min(percent => Error(part, largest * percent / 100 / 127));
            var own = part.Select((value, i) => Math.Pow(value - (integers[(row * Length) + i] * scales[row]), 2)).Sum();
            Assert.InRange(own, best * 0.5, best * 1.1);
            Assert.True(own <= Error(part, largest / 127) * 1.001);
        }

        static double Error(float[] part, float scale)
            => part.Sum(value => Math.Pow(value - (Math.Clamp(Math.Round(value / scale), -127, 127) * scale), 2));
    }

    [Fact]
    public void What_is_integers_already_keeps_them()
    {
        var (integers, scales) = ByteRows.Quantize(Values(rows: 20), 20);
        float[] products = [.. integers.Select((integer, i) => integer * scales[i / Length])];

        var (again, scalesAgain) = ByteRows.Quantize(products, 20);

        Assert.Equal(integers, again);
        Assert.All(scales.Zip(scalesAgain), pair => Assert.Equal(pair.First, pair.Second, pair.First * 1e-6f));
    }

    [Fact]
    public void A_row_of_zeros_stays_zeros()
    {
        var (integers, scales) = ByteRows.Quantize(new float[2 * Length], 2);

        Assert.All(integers, integer => Assert.Equal(0, integer));
        Assert.All(scales, scale => Assert.Equal(ByteRows.LeastScale, scale));
    }

    // About normal, of a different size in each row.
    private static float[] Values(int rows)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, rows * Length).Select(i => (1 + (i / Length)) * Enumerable.Range(0, 6).Sum(_ => random.NextSingle() - 0.5f))];
    }
}
