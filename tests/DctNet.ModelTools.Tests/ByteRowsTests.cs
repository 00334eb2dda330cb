namespace DctNet.ModelTools.Tests;

public sealed class ByteRowsTests
{
    private const int Length = 97;

    [Fact]
    public void Every_value_is_met_to_half_a_level_of_its_row()
    {
        var values = Values(rows: 20);

        var (integers, scales) = ByteRows.Quantize(values, 20);

        for (var row = 0; row < 20; row++)
        {
            var part = values.AsSpan(row * Length, Length).ToArray();
            Assert.Equal(part.Max(MathF.Abs) / 127, scales[row], 1e-6f);
            Assert.All(part.Zip(ByteRows.Values(integers, scales).Skip(row * Length)), pair =>
                Assert.Equal(pair.First, pair.Second, 0.501f * scales[row]));
        }
    }

    [Fact]
    public void What_is_integers_already_keeps_them()
    {
        var (integers, scales) = ByteRows.Quantize(Values(rows: 20), 20);

        var (again, scalesAgain) = ByteRows.Quantize(ByteRows.Values(integers, scales), 20);

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

    [Fact]
    public void Stored_weights_and_facts_are_read_back()
    {
        var values = Values(rows: 4);
        var graph = new OnnxGraph();
        graph.Output("weights", 4L, (long)Length);
        graph.ByteWeights("weights", [4, Length], 4, values);

        var file = OnnxFile.Read(graph.Build("weights", "test", new Dictionary<string, string> { ["a"] = "1", ["b"] = "" }));

        var (integers, scales) = ByteRows.Quantize(values, 4);
        Assert.Equal(ByteRows.Values(integers, scales), ByteRows.Read(file, "weights"));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "" }, file.Metadata);
    }

    // About normal, of a different size in each row.
    private static float[] Values(int rows)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, rows * Length).Select(i => (1 + (i / Length)) * Enumerable.Range(0, 6).Sum(_ => random.NextSingle() - 0.5f))];
    }
}
