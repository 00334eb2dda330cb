using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DctNet.Core.Imaging;

namespace DctNet.Core.Cartoon;

/// <summary>Resizes between 8-bit and float pictures, a target row at a time, so that no full-size intermediate exists.</summary>
internal static class Resampler
{
    private interface IRows
    {
        int Width { get; }

        int Height { get; }

        /// <summary>Row y as RGB floats: the picture's own memory, or <paramref name="scratch"/> filled.</summary>
        ReadOnlySpan<float> Row(int y, Span<float> scratch);
    }

    /// <summary>An 8-bit picture at a new size as floats; one with alpha is composited over white first.</summary>
    public static FloatImage ToFloat(PixelBuffer source, int width, int height) => ToFloat(new ByteRows(source), width, height);

    /// <summary>A float picture at a new size.</summary>
    public static FloatImage Resize(FloatImage source, int width, int height) => ToFloat(new FloatRows(source), width, height);

    /// <summary>
    /// A float picture at the size of <paramref name="target"/> as bytes. Where the target has alpha, its alpha stays and the colours
    /// are taken as composited over white.
    /// </summary>
    public static void ToBytes(FloatImage source, PixelBuffer target)
    {
        using var rows = new Reader<FloatRows>(new FloatRows(source), target.Width, target.Height);
        var scratch = ArrayPool<float>.Shared.Rent((target.Width * FloatImage.Channels) + FloatImage.Padding);
        for (var y = 0; y < target.Height; y++)
        {
            rows.Read(y, scratch);
            var line = scratch.AsSpan(0, target.Width * FloatImage.Channels);
            if (target.HasAlpha)
            {
                PixelKernels.NarrowFromWhite(line, target.Row(y));
            }
            else
            {
                PixelKernels.Narrow(line, target.Row(y));
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    private static FloatImage ToFloat<TRows>(TRows source, int width, int height)
        where TRows : struct, IRows
    {
        var target = new FloatImage(width, height);
        using var rows = new Reader<TRows>(source, width, height);
        for (var y = 0; y < height; y++)
        {
            rows.Read(y, target.PaddedSpan[(y * target.Stride)..]);
        }

        return target;
    }

    private readonly struct ByteRows(PixelBuffer picture) : IRows
    {
        public int Width => picture.Width;

        public int Height => picture.Height;

        public ReadOnlySpan<float> Row(int y, Span<float> scratch)
        {
            if (picture.HasAlpha)
            {
                PixelKernels.WidenOverWhite(picture.Row(y), scratch);
            }
            else
            {
                PixelKernels.Widen(picture.Row(y), scratch);
            }

            return scratch;
        }
    }

    private readonly struct FloatRows(FloatImage picture) : IRows
    {
        public int Width => picture.Width;

        public int Height => picture.Height;

        public ReadOnlySpan<float> Row(int y, Span<float> scratch) => picture.Row(y);
    }

    /// <summary>Makes the target's rows, each first down the source's columns, then along the row.</summary>
    private readonly struct Reader<TRows>(TRows source, int width, int height) : IDisposable
        where TRows : struct, IRows
    {
        private readonly ResampleAxis _columns = ResampleAxis.Create(source.Width, width);
        private readonly ResampleAxis _rows = ResampleAxis.Create(source.Height, height);
        private readonly float[] _scratch = ArrayPool<float>.Shared.Rent((2 * source.Width * FloatImage.Channels) + FloatImage.Padding);

        /// <summary>Writes target row y and up to <see cref="FloatImage.Padding"/> floats of no meaning behind it.</summary>
        public void Read(int y, Span<float> target)
        {
            var length = source.Width * FloatImage.Channels;
            var line = _scratch.AsSpan(0, length);
            var sum = _scratch.AsSpan(length, length + FloatImage.Padding);
            var taps = _rows.Taps;
            for (var k = 0; k < taps; k++)
            {
                var weight = _rows.Weights[(y * taps) + k];
                if (k == 0 || weight != 0)
                {
                    PixelKernels.Accumulate(source.Row(_rows.Starts[y] + k, line), weight, sum, first: k == 0);
                }
            }

            Along(sum, target);
        }

        public void Dispose() => ArrayPool<float>.Shared.Return(_scratch);

        /// <summary>
        /// One row of RGB floats along x. Every pixel is handled as four lanes, the fourth being its neighbour's red: later pixels
        /// overwrite what earlier ones spilt, which is why both spans reach <see cref="FloatImage.Padding"/> beyond their last pixel.
        /// </summary>
        private void Along(ReadOnlySpan<float> row, Span<float> target)
        {
            var taps = _columns.Taps;
            ref var from = ref MemoryMarshal.GetReference(row[..((source.Width * FloatImage.Channels) + 1)]);
            ref var to = ref MemoryMarshal.GetReference(target[..((width * FloatImage.Channels) + 1)]);
            for (var x = 0; x < width; x++)
            {
                var sum = Vector128<float>.Zero;
                var offset = (nuint)(_columns.Starts[x] * FloatImage.Channels);
                foreach (var weight in _columns.Weights.AsSpan(x * taps, taps))
                {
                    sum += Vector128.LoadUnsafe(ref from, offset) * weight;
                    offset += FloatImage.Channels;
                }

                sum.StoreUnsafe(ref to, (nuint)(x * FloatImage.Channels));
            }
        }
    }
}
