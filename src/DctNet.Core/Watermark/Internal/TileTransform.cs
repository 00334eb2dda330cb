using System.Buffers;
using System.Numerics;

namespace DctNet.Core.Watermark;

/// <summary>
/// The inverse two-dimensional transform of a tile's coefficients, to all 128 × 128 places of the tile or to every second one of each
/// row and column (64 × 64). Few coefficients are not zero, so empty columns are skipped.
/// </summary>
internal static class TileTransform
{
    private static readonly BatchFft s_full = new(CarrierGrid.TileSize);
    private static readonly BatchFft s_half = new(CarrierGrid.TileSize / 2);

    /// <summary>f(x, y) = Σ F(u, v)·e^(2πi(ux + vy)/n), unnormalised, in place.</summary>
    /// <param name="re">In: real parts at [v][u]; out: real parts at [y][x].</param>
    /// <param name="im">In: imaginary parts at [v][u]; out: imaginary parts at [y][x].</param>
    /// <param name="n">128 or 64; frequencies and places are modulo n.</param>
    public static void Inverse(Span<float> re, Span<float> im, int n = CarrierGrid.TileSize)
    {
        var vectors = ArrayPool<Vector<float>>.Shared.Rent(4 * n);
        var planes = ArrayPool<float>.Shared.Rent(2 * n * n);
        var middleRe = planes.AsSpan(0, n * n);
        var middleIm = planes.AsSpan(n * n, n * n);
        AlongFirstIndex(re, im, middleRe, middleIm, vectors, n);
        AlongFirstIndex(middleRe, middleIm, re, im, vectors, n);
        ArrayPool<float>.Shared.Return(planes);
        ArrayPool<Vector<float>>.Shared.Return(vectors);
    }

    /// <summary>Transforms [a][b] along a and writes [b][a].</summary>
    private static void AlongFirstIndex(
        ReadOnlySpan<float> re, ReadOnlySpan<float> im, Span<float> targetRe, Span<float> targetIm, Vector<float>[] vectors, int n)
    {
        var fft = n == CarrierGrid.TileSize ? s_full : s_half;
        var vr = vectors.AsSpan(0, n);
        var vi = vectors.AsSpan(n, n);
        for (var b = 0; b < n; b += Vector<float>.Count)
        {
            var any = Vector<float>.Zero;
            for (var a = 0; a < n; a++)
            {
                vr[a] = new Vector<float>(re[(a * n + b)..]);
                vi[a] = new Vector<float>(im[(a * n + b)..]);
                any += Vector.Abs(vr[a]) + Vector.Abs(vi[a]);
            }

            if (any == Vector<float>.Zero)
            {
                targetRe.Slice(b * n, Vector<float>.Count * n).Clear();
                targetIm.Slice(b * n, Vector<float>.Count * n).Clear();
                continue;
            }

            fft.Inverse(vr, vi, vectors.AsSpan(2 * n, n), vectors.AsSpan(3 * n, n));
            BatchFft.Transpose(vr, targetRe[(b * n)..], n);
            BatchFft.Transpose(vi, targetIm[(b * n)..], n);
        }
    }
}
