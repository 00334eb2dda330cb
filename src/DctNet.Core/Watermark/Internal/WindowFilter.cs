using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DctNet.Core.Watermark;

/// <summary>Mean and minimum over a square window of side 2·radius + 1; borders repeat the outermost pixel.</summary>
/// <remarks>
/// Columns first into one padded row, then that row: both fold a few neighbours in registers. For the radii used here (1 to 4) that beats
/// running sums, and unlike them it does not accumulate rounding errors.
/// </remarks>
internal static class WindowFilter
{
    public static void Mean(Plane source, Plane target, int radius) => Apply<Sum>(source, target, radius, 1f / Square(2 * radius + 1));

    public static void Minimum(Plane source, Plane target, int radius) => Apply<Least>(source, target, radius, 1);

    /// <summary>
    /// The mean of large windows, by running sums. They are in double precision: a spectral line leaves nothing behind in them when the window
    /// has passed it.
    /// </summary>
    public static void WideMean(Plane source, Plane target, int radius)
    {
        var (width, scale) = (source.Width, 1 / (double)Square(2 * radius + 1));
        Span<double> column = new double[width];
        Span<double> row = new double[width];
        for (var y = -radius; y < radius; y++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(source.ClampedRow(y), row);
            TensorPrimitives.Add(column, row, column);
        }

        for (var y = 0; y < source.Height; y++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(source.ClampedRow(y + radius), row);
            TensorPrimitives.Add(column, row, column);
            var means = target.Row(y);
            var sum = radius * column[0];
            for (var x = 0; x < radius; x++)
            {
                sum += column[Math.Min(x, width - 1)];
            }

            for (var x = 0; x < width; x++)
            {
                sum += column[Math.Min(x + radius, width - 1)];
                means[x] = (float)(sum * scale);
                sum -= column[Math.Max(x - radius, 0)];
            }

            TensorPrimitives.ConvertTruncating<float, double>(source.ClampedRow(y - radius), row);
            TensorPrimitives.Subtract(column, row, column);
        }
    }

    private static float Square(float x) => x * x;

    private static void Apply<TFold>(Plane source, Plane target, int radius, float scale)
        where TFold : struct, IFold
    {
        var (width, taps) = (source.Width, 2 * radius + 1);
        var buffer = ArrayPool<float>.Shared.Rent(width + 2 * radius);
        var padded = buffer.AsSpan(0, width + 2 * radius);
        var column = padded.Slice(radius, width);
        Span<int> rows = stackalloc int[taps];
        Span<int> neighbours = stackalloc int[taps];
        for (var k = 0; k < taps; k++)
        {
            neighbours[k] = k;
        }

        for (var y = 0; y < source.Height; y++)
        {
            for (var k = 0; k < taps; k++)
            {
                rows[k] = Math.Clamp(y + k - radius, 0, source.Height - 1) * width;
            }

            Fold<TFold>(source.Span, rows, column, 1);
            padded[..radius].Fill(column[0]);
            padded[(radius + width)..].Fill(column[^1]);
            Fold<TFold>(padded, neighbours, target.Row(y), scale);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>target[x] = scale · fold of source[x + offset] over the offsets, which ascend.</summary>
    private static void Fold<TFold>(ReadOnlySpan<float> source, ReadOnlySpan<int> offsets, Span<float> target, float scale)
        where TFold : struct, IFold
    {
        ref var first = ref MemoryMarshal.GetReference(source[..(offsets[^1] + target.Length)]);
        var x = 0;
        for (; x <= target.Length - 2 * Vector512<float>.Count; x += 2 * Vector512<float>.Count)
        {
            var (left, right) = (At(ref first, offsets[0] + x), At(ref first, offsets[0] + x + Vector512<float>.Count));
            foreach (var offset in offsets[1..])
            {
                left = TFold.Combine(left, At(ref first, offset + x));
                right = TFold.Combine(right, At(ref first, offset + x + Vector512<float>.Count));
            }

            (left * scale).CopyTo(target[x..]);
            (right * scale).CopyTo(target[(x + Vector512<float>.Count)..]);
        }

        for (; x < target.Length; x++)
        {
            var sum = source[offsets[0] + x];
            foreach (var offset in offsets[1..])
            {
                sum = TFold.Combine(sum, source[offset + x]);
            }

            target[x] = sum * scale;
        }

        static Vector512<float> At(ref float first, int place) => Vector512.LoadUnsafe(ref first, (nuint)place);
    }

    private interface IFold
    {
        static abstract Vector512<float> Combine(Vector512<float> a, Vector512<float> b);

        static abstract float Combine(float a, float b);
    }

    private readonly struct Sum : IFold
    {
        public static Vector512<float> Combine(Vector512<float> a, Vector512<float> b) => a + b;

        public static float Combine(float a, float b) => a + b;
    }

    private readonly struct Least : IFold
    {
        public static Vector512<float> Combine(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

        public static float Combine(float a, float b) => Math.Min(a, b);
    }
}
