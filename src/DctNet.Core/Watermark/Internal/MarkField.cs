using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// The mark at the resolution of one picture, row by row: the periodic tile, enlarged with the picture by Catmull-Rom interpolation,
/// times the perceptual mask, enlarged bilinearly. Unit strength; the embedder scales it.
/// </summary>
internal sealed class MarkField : IDisposable
{
    private const int N = CarrierGrid.TileSize;

    private readonly int _width;
    private readonly double _canonicalPerPixel;
    private readonly Plane _mask;
    private readonly Plane _wideTile;
    private readonly float[] _maskRows;
    private readonly int[] _maskColumns;
    private readonly float[] _maskFractions;
    private readonly int[] _widened = [-1, -1];

    /// <param name="tile">[y][x], 128 × 128.</param>
    /// <param name="mask">The mask of the canonical picture; not disposed here.</param>
    /// <param name="width">Width of the picture in pixels.</param>
    /// <param name="height">Height of the picture in pixels.</param>
    public MarkField(ReadOnlySpan<float> tile, Plane mask, int width, int height)
    {
        (_width, _mask) = (width, mask);
        _canonicalPerPixel = (double)CarrierGrid.CanonicalShortSide / Math.Min(width, height);
        _wideTile = WidenTile(tile, width, _canonicalPerPixel);
        _maskRows = ArrayPool<float>.Shared.Rent(3 * width);
        _maskColumns = ArrayPool<int>.Shared.Rent(width);
        _maskFractions = ArrayPool<float>.Shared.Rent(width);
        for (var x = 0; x < width; x++)
        {
            (_maskColumns[x], _maskFractions[x]) = Locate(x, mask.Width);
        }
    }

    /// <summary>Writes one row of the field.</summary>
    public void Row(int y, Span<float> target)
    {
        var centre = (y + 0.5) * _canonicalPerPixel - 0.5;
        var first = (int)Math.Floor(centre);
        var a = WideRow(-1);
        var b = WideRow(0);
        var c = WideRow(1);
        var d = WideRow(2);
        var (wa, wb, wc, wd) = (Weight(-1), Weight(0), Weight(1), Weight(2));
        var mask = MaskRow(y);
        target = target[.._width];
        var x = 0;
        for (; x <= target.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = new Vector<float>(a[x..]) * wa + new Vector<float>(b[x..]) * wb
                + new Vector<float>(c[x..]) * wc + new Vector<float>(d[x..]) * wd;
            (sum * new Vector<float>(mask[x..])).CopyTo(target[x..]);
        }

        for (; x < target.Length; x++)
        {
            target[x] = (a[x] * wa + b[x] * wb + c[x] * wc + d[x] * wd) * mask[x];
        }

        ReadOnlySpan<float> WideRow(int k) => _wideTile.Row(Wrap(first + k));

        float Weight(int k) => (float)ResampleTaps.CatmullRom(centre - (first + k));
    }

    public void Dispose()
    {
        _wideTile.Dispose();
        ArrayPool<float>.Shared.Return(_maskRows);
        ArrayPool<int>.Shared.Return(_maskColumns);
        ArrayPool<float>.Shared.Return(_maskFractions);
    }

    private static int Wrap(int i) => i & (N - 1);

    /// <summary>Every row of the tile, repeated and interpolated to the width of the picture.</summary>
    private static Plane WidenTile(ReadOnlySpan<float> tile, int width, double canonicalPerPixel)
    {
        var wide = new Plane(width, N);
        var weights = new float[4 * width];
        var columns = new int[width];
        for (var x = 0; x < width; x++)
        {
            var centre = (x + 0.5) * canonicalPerPixel - 0.5;
            columns[x] = (int)Math.Floor(centre);
            for (var k = -1; k <= 2; k++)
            {
                weights[4 * x + k + 1] = (float)ResampleTaps.CatmullRom(centre - (columns[x] + k));
            }
        }

        for (var y = 0; y < N; y++)
        {
            var source = tile.Slice(y * N, N);
            var target = wide.Row(y);
            for (var x = 0; x < width; x++)
            {
                var c = columns[x];
                var w = weights.AsSpan(4 * x, 4);
                target[x] = w[0] * source[Wrap(c - 1)] + w[1] * source[Wrap(c)]
                    + w[2] * source[Wrap(c + 1)] + w[3] * source[Wrap(c + 2)];
            }
        }

        return wide;
    }

    private (int Index, float Fraction) Locate(int pixel, int length)
    {
        var centre = Math.Clamp((pixel + 0.5) * _canonicalPerPixel - 0.5, 0, length - 1);
        var index = Math.Min((int)centre, Math.Max(0, length - 2));
        return (index, (float)(centre - index));
    }

    /// <summary>The mask along one row of the picture, between the two canonical rows around it.</summary>
    private ReadOnlySpan<float> MaskRow(int y)
    {
        var (index, fraction) = Locate(y, _mask.Height);
        var result = _maskRows.AsSpan(2 * _width, _width);
        TensorPrimitives.Lerp(Widened(index), Widened(Math.Min(index + 1, _mask.Height - 1)), fraction, result);
        return result;
    }

    /// <summary>A canonical row of the mask at the width of the picture; the last even and the last odd one are kept.</summary>
    private ReadOnlySpan<float> Widened(int index)
    {
        var slot = index & 1;
        var wide = _maskRows.AsSpan(slot * _width, _width);
        if (_widened[slot] != index)
        {
            _widened[slot] = index;
            var row = _mask.Row(index);
            for (var x = 0; x < wide.Length; x++)
            {
                var c = _maskColumns[x];
                wide[x] = row[c] + _maskFractions[x] * (row[c + 1] - row[c]);
            }
        }

        return wide;
    }
}
