using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>Mean and minimum over a square window of side 2·radius + 1; borders repeat the outermost pixel.</summary>
/// <remarks>
/// Columns first into one padded row, then that row: every step is a whole-row SIMD operation on data in the first-level cache. For
/// the radii used here (3, 4) that beats running sums, and unlike them it does not accumulate rounding errors.
/// </remarks>
internal static class WindowFilter
{
    public static void Mean(Plane source, Plane target, int radius) => Apply<Sum>(source, target, radius, 1f / Square(2 * radius + 1));

    public static void Minimum(Plane source, Plane target, int radius) => Apply<Least>(source, target, radius, 1);

    private static float Square(float x) => x * x;

    private static void Apply<TFold>(Plane source, Plane target, int radius, float scale)
        where TFold : struct, IFold
    {
        var width = source.Width;
        var buffer = ArrayPool<float>.Shared.Rent(width + 2 * radius);
        var padded = buffer.AsSpan(0, width + 2 * radius);
        var column = padded.Slice(radius, width);
        for (var y = 0; y < source.Height; y++)
        {
            source.ClampedRow(y - radius).CopyTo(column);
            for (var dy = 1 - radius; dy <= radius; dy++)
            {
                TFold.Accumulate(source.ClampedRow(y + dy), column);
            }

            padded[..radius].Fill(column[0]);
            padded[(radius + width)..].Fill(column[^1]);
            FoldRow<TFold>(padded, target.Row(y), 2 * radius + 1, scale);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    private static void FoldRow<TFold>(ReadOnlySpan<float> padded, Span<float> target, int taps, float scale)
        where TFold : struct, IFold
    {
        var x = 0;
        for (; x <= target.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = new Vector<float>(padded[x..]);
            for (var k = 1; k < taps; k++)
            {
                sum = TFold.Combine(sum, new Vector<float>(padded[(x + k)..]));
            }

            (sum * scale).CopyTo(target[x..]);
        }

        for (; x < target.Length; x++)
        {
            var sum = padded[x];
            for (var k = 1; k < taps; k++)
            {
                sum = TFold.Combine(sum, padded[x + k]);
            }

            target[x] = sum * scale;
        }
    }

    private interface IFold
    {
        static abstract void Accumulate(ReadOnlySpan<float> row, Span<float> into);

        static abstract Vector<float> Combine(Vector<float> a, Vector<float> b);

        static abstract float Combine(float a, float b);
    }

    private readonly struct Sum : IFold
    {
        public static void Accumulate(ReadOnlySpan<float> row, Span<float> into) => TensorPrimitives.Add(into, row, into);

        public static Vector<float> Combine(Vector<float> a, Vector<float> b) => a + b;

        public static float Combine(float a, float b) => a + b;
    }

    private readonly struct Least : IFold
    {
        public static void Accumulate(ReadOnlySpan<float> row, Span<float> into) => TensorPrimitives.Min(into, row, into);

        public static Vector<float> Combine(Vector<float> a, Vector<float> b) => Vector.Min(a, b);

        public static float Combine(float a, float b) => Math.Min(a, b);
    }
}
