using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DctNet.Core.Watermark;

/// <summary>
/// SSIM of luma (Wang et al. 2004: Gaussian window 11 × 11, σ = 1.5, range 255; only whole windows count), fed row by row with
/// the original and the difference.
/// </summary>
/// <remarks>
/// Written in terms of the difference d = y − x it needs no subtraction of nearly equal numbers:
/// SSIM = (1 − μd² / (μx² + μy² + C1)) · (1 − σd² / (2σxy + σd² + C2)), from the window means of x, d, xy and d².
/// Columns are averaged first, so that of the eleven rows of a window only x and d are kept: twice as much would be read from the cache
/// in the other order, and that is what took the time. 256 bits: on processors without AVX-512 twice as wide vectors are pairs, and too many
/// for the registers.
/// </remarks>
internal sealed class SsimMeter : IDisposable
{
    public const int Window = 11;

    private const float C1 = 0.01f * 255 * 0.01f * 255;
    private const float C2 = 0.03f * 255 * 0.03f * 255;
    private const int Maps = 4;

    // Grey levels are counted from the middle, so that products stay small and single precision is enough.
    private const float Middle = 128;

    private static readonly float[] s_gaussian = BuildGaussian();

    private readonly int _width;
    private readonly int _valid;
    private readonly int _vectors;
    private readonly Vector256<float>[] _ring;
    private readonly Vector256<float>[] _means;
    private int _rows;
    private double _sum;
    private long _count;

    public SsimMeter(int width)
    {
        (_width, _valid) = (width, width - Window + 1);

        // One more than the row takes, so that the last vector of windows, which may reach past the row, can be read.
        _vectors = width / Vector256<float>.Count + 2;
        _ring = ArrayPool<Vector256<float>>.Shared.Rent(2 * Window * _vectors);
        _means = ArrayPool<Vector256<float>>.Shared.Rent(Maps * _vectors);
    }

    /// <summary>Mean over all windows seen; 1 before the first.</summary>
    public double Mean => _count == 0 ? 1 : _sum / _count;

    public void AddRow(ReadOnlySpan<float> original, ReadOnlySpan<float> difference)
    {
        var slot = _rows++ % Window;
        TensorPrimitives.Add(original[.._width], -Middle, MemoryMarshal.Cast<Vector256<float>, float>(Ring(slot, 0)));
        difference[.._width].CopyTo(MemoryMarshal.Cast<Vector256<float>, float>(Ring(slot, 1)));
        if (_rows >= Window)
        {
            AverageColumns();
            Accumulate();
        }
    }

    public void Dispose()
    {
        ArrayPool<Vector256<float>>.Shared.Return(_ring);
        ArrayPool<Vector256<float>>.Shared.Return(_means);
    }

    private static float[] BuildGaussian()
    {
        double[] weights = [.. Enumerable.Range(-Window / 2, Window).Select(i => Math.Exp(-i * i / (2 * 1.5 * 1.5)))];
        return [.. weights.Select(w => (float)(w / weights.Sum()))];
    }

    // One row of x or of d.
    private Span<Vector256<float>> Ring(int slot, int map) => _ring.AsSpan((2 * slot + map) * _vectors, _vectors);

    /// <summary>The Gaussian means of x, d, xy and d² down the columns of the window. The kernel is symmetric: rows are taken in pairs.</summary>
    private void AverageColumns()
    {
        // Where in the ring its rows are; the oldest is at _rows % Window. That all indices are in range follows from this, so none is checked.
        Span<nuint> rows = stackalloc nuint[Window];
        for (var k = 0; k < Window; k++)
        {
            rows[k] = (nuint)((_rows + k) % Window * 2 * _vectors);
        }

        ref var ring = ref MemoryMarshal.GetArrayDataReference(_ring);
        ref var means = ref MemoryMarshal.GetArrayDataReference(_means);
        ref var row = ref MemoryMarshal.GetReference(rows);
        ref var gaussian = ref MemoryMarshal.GetArrayDataReference(s_gaussian);
        var stride = (nuint)_vectors;
        for (nuint i = 0; i < stride; i++)
        {
            ref var middle = ref Unsafe.Add(ref ring, Unsafe.Add(ref row, Window / 2) + i);
            var (x, d) = (middle, Unsafe.Add(ref middle, stride));
            var weight = Vector256.Create(Unsafe.Add(ref gaussian, Window / 2));
            var (meanX, meanD) = (weight * x, weight * d);
            var (meanXy, meanDd) = (meanX * (x + d), meanD * d);
            for (nuint k = 0; k < Window / 2; k++)
            {
                ref var above = ref Unsafe.Add(ref ring, Unsafe.Add(ref row, k) + i);
                ref var below = ref Unsafe.Add(ref ring, Unsafe.Add(ref row, Window - 1 - k) + i);
                var (x0, x1, d0, d1) = (above, below, Unsafe.Add(ref above, stride), Unsafe.Add(ref below, stride));
                weight = Vector256.Create(Unsafe.Add(ref gaussian, k));
                meanX = Vector256.MultiplyAddEstimate(weight, x0 + x1, meanX);
                meanD = Vector256.MultiplyAddEstimate(weight, d0 + d1, meanD);
                meanXy = Vector256.MultiplyAddEstimate(weight, Vector256.MultiplyAddEstimate(x0, x0 + d0, x1 * (x1 + d1)), meanXy);
                meanDd = Vector256.MultiplyAddEstimate(weight, Vector256.MultiplyAddEstimate(d0, d0, d1 * d1), meanDd);
            }

            Unsafe.Add(ref means, i) = meanX;
            Unsafe.Add(ref means, stride + i) = meanD;
            Unsafe.Add(ref means, 2 * stride + i) = meanXy;
            Unsafe.Add(ref means, 3 * stride + i) = meanDd;
        }
    }

    /// <summary>Averages along the row too, and adds the row of windows that has just become whole.</summary>
    private void Accumulate()
    {
        ref var means = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<Vector256<float>, float>(_means.AsSpan(0, Maps * _vectors)));
        ref var gaussian = ref MemoryMarshal.GetArrayDataReference(s_gaussian);
        var stride = (nuint)(_vectors * Vector256<float>.Count);
        var (total, rest) = (Vector256<float>.Zero, 0.0);
        for (var i = 0; i < _valid; i += Vector256<float>.Count)
        {
            // The windows that start at samples i, i + 1, …
            ref var x = ref Unsafe.Add(ref means, i);
            ref var d = ref Unsafe.Add(ref x, stride);
            ref var xy = ref Unsafe.Add(ref d, stride);
            ref var dd = ref Unsafe.Add(ref xy, stride);
            var weight = Vector256.Create(Unsafe.Add(ref gaussian, Window / 2));
            var (meanX, meanD) = (weight * Vector256.LoadUnsafe(ref x, Window / 2), weight * Vector256.LoadUnsafe(ref d, Window / 2));
            var (meanXy, meanDd) = (weight * Vector256.LoadUnsafe(ref xy, Window / 2), weight * Vector256.LoadUnsafe(ref dd, Window / 2));
            for (nuint k = 0; k < Window / 2; k++)
            {
                weight = Vector256.Create(Unsafe.Add(ref gaussian, k));
                meanX = Vector256.MultiplyAddEstimate(weight, Pair(ref x, k), meanX);
                meanD = Vector256.MultiplyAddEstimate(weight, Pair(ref d, k), meanD);
                meanXy = Vector256.MultiplyAddEstimate(weight, Pair(ref xy, k), meanXy);
                meanDd = Vector256.MultiplyAddEstimate(weight, Pair(ref dd, k), meanDd);
            }

            var similarity = Similarity(meanX, meanD, meanXy, meanDd);
            if (i + Vector256<float>.Count <= _valid)
            {
                total += similarity;
                continue;
            }

            for (var lane = 0; lane < _valid - i; lane++)
            {
                rest += similarity[lane];
            }
        }

        _sum += rest + Vector256.Sum(total);
        _count += _valid;

        static Vector256<float> Pair(ref float row, nuint k) => Vector256.LoadUnsafe(ref row, k) + Vector256.LoadUnsafe(ref row, Window - 1 - k);
    }

    private static Vector256<float> Similarity(Vector256<float> mx, Vector256<float> md, Vector256<float> xy, Vector256<float> dd)
    {
        var my = mx + md;
        var covariance = xy - mx * my;
        var variance = Vector256.MaxNative(dd - md * md, Vector256<float>.Zero);
        var middle = Vector256.Create(Middle);
        var brightness = (mx + middle) * (mx + middle) + (my + middle) * (my + middle) + Vector256.Create(C1);
        var luminance = Vector256<float>.One - md * md / brightness;
        return luminance * (Vector256<float>.One - variance / (covariance + covariance + variance + Vector256.Create(C2)));
    }
}
