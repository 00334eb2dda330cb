using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
        re = re[.._length];
        im = im[.._length];
        scratchRe = scratchRe[.._length];
        scratchIm = scratchIm[.._length];
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
            scratchRe.CopyTo(re);
            scratchIm.CopyTo(im);
        }
    }

    /// <summary>Σₖ X[k]·e^(+2πi·kn/N), in place: the forward transform with real and imaginary parts exchanged.</summary>
    public void Inverse(Span<Vector<float>> re, Span<Vector<float>> im, Span<Vector<float>> scratchRe, Span<Vector<float>> scratchIm) =>
        Forward(im, re, scratchIm, scratchRe);

    /// <summary>Writes lane l of vector k as lane k of vector l, for as many vectors as they have lanes.</summary>
    public static void Transpose(ReadOnlySpan<Vector<float>> block, Span<Vector<float>> target)
    {
        block = block[..Vector<float>.Count];
        target = target[..Vector<float>.Count];
        if (Avx.IsSupported && Vector<float>.Count == Vector256<float>.Count)
        {
            Transpose8(block, target);
            return;
        }

        ref var from = ref Unsafe.As<Vector<float>, float>(ref MemoryMarshal.GetReference(block));
        ref var to = ref Unsafe.As<Vector<float>, float>(ref MemoryMarshal.GetReference(target));
        for (var l = 0; l < Vector<float>.Count; l++)
        {
            for (var k = 0; k < Vector<float>.Count; k++)
            {
                Unsafe.Add(ref to, Vector<float>.Count * l + k) = Unsafe.Add(ref from, Vector<float>.Count * k + l);
            }
        }
    }

    private static void Transpose8(ReadOnlySpan<Vector<float>> block, Span<Vector<float>> target)
    {
        ref var from = ref MemoryMarshal.GetReference(block);
        ref var to = ref MemoryMarshal.GetReference(target);
        for (nuint half = 0; half < 2; half++)
        {
            // Lanes 0–3 of vectors 0–3 beside those of 4–7, then lanes 4–7.
            var (a, b, c, d) = (Joined(ref from, 0, half), Joined(ref from, 1, half), Joined(ref from, 2, half), Joined(ref from, 3, half));
            var (abLow, abHigh, cdLow, cdHigh) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b), Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
            Unsafe.Add(ref to, 4 * half) = Avx.Shuffle(abLow, cdLow, 0b01_00_01_00).AsVector();
            Unsafe.Add(ref to, 4 * half + 1) = Avx.Shuffle(abLow, cdLow, 0b11_10_11_10).AsVector();
            Unsafe.Add(ref to, 4 * half + 2) = Avx.Shuffle(abHigh, cdHigh, 0b01_00_01_00).AsVector();
            Unsafe.Add(ref to, 4 * half + 3) = Avx.Shuffle(abHigh, cdHigh, 0b11_10_11_10).AsVector();
        }

        static Vector256<float> Joined(ref Vector<float> from, nuint vector, nuint half)
        {
            ref var lanes = ref Unsafe.As<Vector<float>, Vector128<float>>(ref from);
            return Vector256.Create(Unsafe.Add(ref lanes, 2 * vector + half), Unsafe.Add(ref lanes, 2 * (vector + 4) + half));
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

    // Indices are in range by construction; checking sixteen of them a butterfly would cost a tenth of the time.
    private static void Radix4(
        int n, int stride, float[] twiddles, Span<Vector<float>> xr, Span<Vector<float>> xi, Span<Vector<float>> yr, Span<Vector<float>> yi)
    {
        var quarter = n / 4;
        var (reads, writes) = ((nuint)(stride * quarter), (nuint)stride);
        for (var p = 0; p < quarter; p++)
        {
            var w = twiddles.AsSpan(6 * p, 6);
            var (w1r, w1i) = (new Vector<float>(w[0]), new Vector<float>(w[1]));
            var (w2r, w2i) = (new Vector<float>(w[2]), new Vector<float>(w[3]));
            var (w3r, w3i) = (new Vector<float>(w[4]), new Vector<float>(w[5]));
            ref var inRe = ref Unsafe.Add(ref MemoryMarshal.GetReference(xr), stride * p);
            ref var inIm = ref Unsafe.Add(ref MemoryMarshal.GetReference(xi), stride * p);
            ref var outRe = ref Unsafe.Add(ref MemoryMarshal.GetReference(yr), stride * 4 * p);
            ref var outIm = ref Unsafe.Add(ref MemoryMarshal.GetReference(yi), stride * 4 * p);
            for (nuint q = 0; q < writes; q++)
            {
                var (aR, aI) = (Unsafe.Add(ref inRe, q), Unsafe.Add(ref inIm, q));
                var (cR, cI) = (Unsafe.Add(ref inRe, q + 2 * reads), Unsafe.Add(ref inIm, q + 2 * reads));
                var (sumAcR, sumAcI, differenceAcR, differenceAcI) = (aR + cR, aI + cI, aR - cR, aI - cI);
                var (bR, bI) = (Unsafe.Add(ref inRe, q + reads), Unsafe.Add(ref inIm, q + reads));
                var (dR, dI) = (Unsafe.Add(ref inRe, q + 3 * reads), Unsafe.Add(ref inIm, q + 3 * reads));
                var (sumBdR, sumBdI) = (bR + dR, bI + dI);
                var (turnedR, turnedI) = (dI - bI, bR - dR); // i·(b − d)
                Unsafe.Add(ref outRe, q) = sumAcR + sumBdR;
                Unsafe.Add(ref outIm, q) = sumAcI + sumBdI;
                var (firstR, firstI) = (differenceAcR - turnedR, differenceAcI - turnedI);
                var (secondR, secondI) = (sumAcR - sumBdR, sumAcI - sumBdI);
                var (thirdR, thirdI) = (differenceAcR + turnedR, differenceAcI + turnedI);
                if (p != 0)
                {
                    (firstR, firstI) = Turn(firstR, firstI, w1r, w1i);
                    (secondR, secondI) = Turn(secondR, secondI, w2r, w2i);
                    (thirdR, thirdI) = Turn(thirdR, thirdI, w3r, w3i);
                }

                Unsafe.Add(ref outRe, q + writes) = firstR;
                Unsafe.Add(ref outIm, q + writes) = firstI;
                Unsafe.Add(ref outRe, q + 2 * writes) = secondR;
                Unsafe.Add(ref outIm, q + 2 * writes) = secondI;
                Unsafe.Add(ref outRe, q + 3 * writes) = thirdR;
                Unsafe.Add(ref outIm, q + 3 * writes) = thirdI;
            }
        }

        static (Vector<float> Re, Vector<float> Im) Turn(Vector<float> re, Vector<float> im, Vector<float> wr, Vector<float> wi) =>
            (Vector.MultiplyAddEstimate(wr, re, -(wi * im)), Vector.MultiplyAddEstimate(wr, im, wi * re));
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
