using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace DctNet.ModelTools;

/// <summary>Weights as int8, one scale for each row of them, such as what one output channel of a convolution is made of.</summary>
internal static class ByteRows
{
    /// <summary>The scale of what is all zeros.</summary>
    public const float LeastScale = 1e-8f;

    private const float MostLevel = 127;

    /// <summary>Integers −127..127 and scales whose products are near the values; the largest of each row is ±127.</summary>
    /// <remarks>
    /// What is such products already keeps its integers. Scales that clip the largest value were tried: of trained kernels the squared error was
    /// hardly ever less.
    /// </remarks>
    public static (sbyte[] Integers, float[] Scales) Quantize(ReadOnlySpan<float> values, int rows)
    {
        var length = values.Length / rows;
        var (integers, scales) = (new sbyte[values.Length], new float[rows]);
        for (var i = 0; i < values.Length; i++)
        {
            var row = i / length;
            if (i % length == 0)
            {
                scales[row] = Math.Max(MathF.Abs(TensorPrimitives.MaxMagnitude(values.Slice(i, length))) / MostLevel, LeastScale);
            }

            integers[i] = (sbyte)MathF.Round(values[i] / scales[row]);
        }

        return (integers, scales);
    }

    /// <summary>The values that integers and scales stand for.</summary>
    public static float[] Values(ReadOnlySpan<sbyte> integers, ReadOnlySpan<float> scales)
    {
        var length = integers.Length / scales.Length;
        var values = new float[integers.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = integers[i] * scales[i / length];
        }

        return values;
    }

    /// <summary>The values of weights that <see cref="OnnxGraph.ByteWeights"/> stored under a name.</summary>
    public static float[] Read(OnnxFile file, string name) => Values(
        MemoryMarshal.Cast<byte, sbyte>(file.Initialisers[$"{name}.int8"].Data), MemoryMarshal.Cast<byte, float>(file.Initialisers[$"{name}.scales"].Data));
}
