using System.Numerics;
using System.Runtime.InteropServices;

namespace DctNet.Core.Watermark;

/// <summary>
/// The complex discrete Fourier transform of several sequences at once, one in each SIMD lane. Stockham's autosorting radix-4
/// scheme (a radix-2 step finishes odd powers of two), so there is no bit reversal. Unnormalised.
/// </summary>
internal sealed class BatchFft
{
    private readonly int _length;
    private readonly float[][] _twiddles;

    /// <param name="length">A power of two, at least 4.</param>
    public BatchFft(int length)
    {
        _length = length;
        var stages = new List<float[]>();
        for (var n = length; n >= 4; n /= 4)
        {
            stages.Add(BuildTwiddles(n));
        }

        _twiddles = [.. stages];
    }

    /// <summary>Σₙ x[n]·e^(−2πi·kn/N), in place.</summary>
    /// <param name="re">Real parts, <c>length</c> vectors.</param>
    /// <param name="im">Imaginary parts.</param>
    /// <param name="scratchRe">Working memory of the same size; overwritten.</param>
    /// <param name="scratchIm">Working memory of the same size; overwritten.</param>
    public void Forward(Span<Vector<float>> re, Span<Vector<float>> im, Span<Vector<float>> scratchRe, Span<Vector<float>> scratchIm)
    {
        var (n, stride) = (_length, 1);
        var inScratch = false;
        foreach (var twiddles in _twiddles)
        {
            if (inScratch)
            {
                Radix4(n, stride, twiddles, scratchRe, scratchIm, re, im);
            }
            else
            {
                Radix4(n, stride, twiddles, re, im, scratchRe, scratchIm);
            }

            (n, stride, inScratch) = (n / 4, stride * 4, !inScratch);
        }

        if (n == 2 && inScratch)
        {
            Radix2(stride, scratchRe, scratchIm, re, im);
        }
        else if (n == 2)
        {
            Radix2(stride, re, im, scratchRe, scratchIm);
        }

        if (inScratch != (n == 2))
        {
            scratchRe[.._length].CopyTo(re);
            scratchIm[.._length].CopyTo(im);
        }
    }

    /// <summary>Σₖ X[k]·e^(+2πi·kn/N), in place: the forward transform with real and imaginary parts exchanged.</summary>
    public void Inverse(Span<Vector<float>> re, Span<Vector<float>> im, Span<Vector<float>> scratchRe, Span<Vector<float>> scratchIm) =>
        Forward(im, re, scratchIm, scratchRe);

    /// <summary>Writes lane l of the vectors as row l of the target.</summary>
    public static void Transpose(ReadOnlySpan<Vector<float>> lanes, Span<float> target, int rowLength)
    {
        var elements = MemoryMarshal.Cast<Vector<float>, float>(lanes);
        for (var l = 0; l < Vector<float>.Count; l++)
        {
            var row = target.Slice(l * rowLength, lanes.Length);
            for (int i = 0, k = l; i < row.Length; i++, k += Vector<float>.Count)
            {
                row[i] = elements[k];
            }
        }
    }

    private static float[] BuildTwiddles(int n)
    {
        var twiddles = new float[n / 4 * 6];
        for (var p = 0; p < n / 4; p++)
        {
            for (var k = 1; k <= 3; k++)
            {
                var (sin, cos) = Math.SinCos(-2 * Math.PI * p * k / n);
                twiddles[6 * p + 2 * (k - 1)] = (float)cos;
                twiddles[6 * p + 2 * (k - 1) + 1] = (float)sin;
            }
        }

        return twiddles;
    }

    private static void Radix4(
        int n, int stride, float[] twiddles, Span<Vector<float>> xr, Span<Vector<float>> xi, Span<Vector<float>> yr, Span<Vector<float>> yi)
    {
        var quarter = n / 4;
        for (var p = 0; p < quarter; p++)
        {
            var w = twiddles.AsSpan(6 * p, 6);
            var (w1r, w1i) = (new Vector<float>(w[0]), new Vector<float>(w[1]));
            var (w2r, w2i) = (new Vector<float>(w[2]), new Vector<float>(w[3]));
            var (w3r, w3i) = (new Vector<float>(w[4]), new Vector<float>(w[5]));
            for (var q = 0; q < stride; q++)
            {
                var (a, b) = (q + stride * p, q + stride * (p + quarter));
                var (c, d) = (q + stride * (p + 2 * quarter), q + stride * (p + 3 * quarter));
                var (sumAcR, sumAcI, differenceAcR, differenceAcI) = (xr[a] + xr[c], xi[a] + xi[c], xr[a] - xr[c], xi[a] - xi[c]);
                var (sumBdR, sumBdI) = (xr[b] + xr[d], xi[b] + xi[d]);
                var (turnedR, turnedI) = (xi[d] - xi[b], xr[b] - xr[d]); // i·(b − d)
                var o = q + stride * 4 * p;
                yr[o] = sumAcR + sumBdR;
                yi[o] = sumAcI + sumBdI;
                var (r, i) = (differenceAcR - turnedR, differenceAcI - turnedI);
                yr[o + stride] = w1r * r - w1i * i;
                yi[o + stride] = w1r * i + w1i * r;
                (r, i) = (sumAcR - sumBdR, sumAcI - sumBdI);
                yr[o + 2 * stride] = w2r * r - w2i * i;
                yi[o + 2 * stride] = w2r * i + w2i * r;
                (r, i) = (differenceAcR + turnedR, differenceAcI + turnedI);
                yr[o + 3 * stride] = w3r * r - w3i * i;
                yi[o + 3 * stride] = w3r * i + w3i * r;
            }
        }
    }

    private static void Radix2(int stride, Span<Vector<float>> xr, Span<Vector<float>> xi, Span<Vector<float>> yr, Span<Vector<float>> yi)
    {
        for (var q = 0; q < stride; q++)
        {
            (yr[q], yr[q + stride]) = (xr[q] + xr[q + stride], xr[q] - xr[q + stride]);
            (yi[q], yi[q + stride]) = (xi[q] + xi[q + stride], xi[q] - xi[q + stride]);
        }
    }
}
