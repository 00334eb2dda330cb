using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace DctNet.ModelTools;

/// <summary>Weights as int8, one scale for each row of them, such as what one output channel of a convolution is made of.</summary>
internal static class ByteRows
{
    /// <summary>The scale of what is all zeros.</summary>
    public const float LeastScale = 1e-8f;

    private const float MostLevel = 127;

    /// <summary>The integers −127..127 and scales whose products are nearest to the values, by squared error.</summary>
    /// <remarks>What is such products already keeps its integers: no other scale has less error than none.</remarks>
    public static (sbyte[] Integers, float[] Scales) Quantize(ReadOnlySpan<float> values, int rows)
    {
        var length = values.Length / rows;
        var (integers, scales) = (new sbyte[values.Length], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var part = values.Slice(row * length, length);
            scales[row] = BestScale(part);
            for (var i = 0; i < length; i++)
            {
                integers[(row * length) + i] = (sbyte)Level(part[i], scales[row]);
            }
        }

        return (integers, scales);
    }

    /// <summary>
    /// Makes constants of what <see cref="OnnxGraph.ByteWeights"/> writes, Reshape(Mul(Cast(int8), scales), shape), as if it had never been
    /// integers.
    /// </summary>
    public static void Expand(OnnxFile file)
    {
        var producers = file.Nodes.SelectMany(node => node.Outputs, (node, output) => (node, output)).ToDictionary(e => e.output, e => e.node, StringComparer.Ordinal);
        foreach (var reshape in file.Nodes.Where(node => node.Operation == "Reshape").ToArray())
        {
            if (producers.TryGetValue(reshape.Inputs[0], out var mul) && mul.Operation == "Mul"
                && producers.TryGetValue(mul.Inputs[0], out var cast) && cast.Operation == "Cast"
                && file.Initialisers.TryGetValue(cast.Inputs[0], out var integers) && integers.Type == OnnxTensor.Int8
                && file.Initialisers.TryGetValue(mul.Inputs[1], out var scales) && scales.Type == OnnxTensor.Float
                && file.Initialisers.TryGetValue(reshape.Inputs[1], out var shape) && shape.Type == OnnxTensor.Int64)
            {
                file.Nodes.RemoveAll(node => node == reshape || node == mul || node == cast);
                file.Initialisers.Remove(integers.Name);
                file.Initialisers.Remove(scales.Name);
                var values = Products(integers, scales);
                var name = reshape.Outputs[0];
                file.Initialisers.Add(
                    name, new OnnxTensor(name, [.. MemoryMarshal.Cast<byte, long>(shape.Data)], OnnxTensor.Float, MemoryMarshal.AsBytes<float>(values).ToArray()));
            }
        }
    }

    private static float[] Products(OnnxTensor integers, OnnxTensor scales)
    {
        var levels = MemoryMarshal.Cast<byte, sbyte>(integers.Data);
        var factors = MemoryMarshal.Cast<byte, float>(scales.Data);
        var values = new float[levels.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = levels[i] * factors[i / (levels.Length / factors.Length)];
        }

        return values;
    }

    // The largest value need not be met: a smaller scale clips it and rounds all others less.
    private static float BestScale(ReadOnlySpan<float> values)
    {
        var largest = MathF.Abs(TensorPrimitives.MaxMagnitude(values));
        var (best, least) = (Math.Max(largest / MostLevel, LeastScale), double.MaxValue);
        for (var part = 1f; part > 0.5f; part -= 0.025f)
        {
            var scale = Math.Max(largest * part / MostLevel, LeastScale);
            var error = 0.0;
            foreach (var value in values)
            {
                var difference = value - (Level(value, scale) * scale);
                error += difference * difference;
            }

            if (error < least)
            {
                (best, least) = (scale, error);
            }
        }

        return best;
    }

    private static float Level(float value, float scale) => Math.Clamp(MathF.Round(value / scale), -MostLevel, MostLevel);
}
