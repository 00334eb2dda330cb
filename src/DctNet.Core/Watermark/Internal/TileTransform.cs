using System.Buffers;
using System.Numerics;

namespace DctNet.Core.Watermark;

/// <summary>
/// The inverse two-dimensional transform of a tile's coefficients, to all 128 × 128 places of the tile or to every second one of each
/// row and column (64 × 64). Few coefficients are not zero, so empty rows are skipped.
/// </summary>
internal static class TileTransform
{
    private static readonly BatchFft s_full = new(CarrierGrid.TileSize);
    private static readonly BatchFft s_half = new(CarrierGrid.TileSize / 2);

    /// <summary>f(x, y) = Σ F(u, v)·e^(2πi(ux + vy)/n), unnormalised, in place.</summary>
    /// <param name="re">In: real parts at [u][v]; out: real parts at [y][x].</param>
    /// <param name="im">In: imaginary parts at [u][v]; out: imaginary parts at [y][x].</param>
    /// <param name="n">128 or 64; frequencies and places are modulo n.</param>
    public static void Inverse(Span<float> re, Span<float> im, int n = CarrierGrid.TileSize)
    {
        var fft = n == CarrierGrid.TileSize ? s_full : s_half;
        var size = n * n / Vector<float>.Count;
        var buffer = ArrayPool<Vector<float>>.Shared.Rent(2 * size + 4 * n);

        // [x / lanes][v], a lane for each x of the block.
        var middleRe = buffer.AsSpan(0, size);
        var middleIm = buffer.AsSpan(size, size);
        var columnRe = buffer.AsSpan(2 * size, n);
        var columnIm = buffer.AsSpan(2 * size + n, n);
        var scratchRe = buffer.AsSpan(2 * size + 2 * n, n);
        var scratchIm = buffer.AsSpan(2 * size + 3 * n, n);
        for (var v = 0; v < n; v += Vector<float>.Count)
        {
            var any = Vector<float>.Zero;
            for (var u = 0; u < n; u++)
            {
                columnRe[u] = new Vector<float>(re[(u * n + v)..]);
                columnIm[u] = new Vector<float>(im[(u * n + v)..]);
                any += Vector.Abs(columnRe[u]) + Vector.Abs(columnIm[u]);
            }

            if (any != Vector<float>.Zero)
            {
                fft.Inverse(columnRe, columnIm, scratchRe, scratchIm);
            }

            for (var x = 0; x < n; x += Vector<float>.Count)
            {
                BatchFft.Transpose(columnRe[x..], middleRe[(x / Vector<float>.Count * n + v)..]);
                BatchFft.Transpose(columnIm[x..], middleIm[(x / Vector<float>.Count * n + v)..]);
            }
        }

        for (var x = 0; x < n; x += Vector<float>.Count)
        {
            var blockRe = middleRe.Slice(x / Vector<float>.Count * n, n);
            var blockIm = middleIm.Slice(x / Vector<float>.Count * n, n);
            fft.Inverse(blockRe, blockIm, scratchRe, scratchIm);
            for (var y = 0; y < n; y++)
            {
                blockRe[y].CopyTo(re[(y * n + x)..]);
                blockIm[y].CopyTo(im[(y * n + x)..]);
            }
        }

        ArrayPool<Vector<float>>.Shared.Return(buffer);
    }
}
