using System.Buffers;
using System.Numerics.Tensors;
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
/// in the other order, and that is what took the time.
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
    private readonly Vector512<float>[] _ring;
    private readonly Vector512<float>[] _means;
    private int _rows;
    private double _sum;
    private long _count;

    public SsimMeter(int width)
    {
        (_width, _valid) = (width, width - Window + 1);

        // One more than the row takes, so that the last vector of windows, which may reach past the row, can be read.
        _vectors = width / Vector512<float>.Count + 2;
        _ring = ArrayPool<Vector512<float>>.Shared.Rent(2 * Window * _vectors);
        _means = ArrayPool<Vector512<float>>.Shared.Rent(Maps * _vectors);
    }

    /// <summary>Mean over all windows seen; 1 before the first.</summary>
    public double Mean => _count == 0 ? 1 : _sum / _count;

    /// <summary>Forgets the rows of the open window, so that the next row need not follow the last one.</summary>
    public void StartBand() => _rows = 0;

    public void AddRow(ReadOnlySpan<float> original, ReadOnlySpan<float> difference)
    {
        var slot = _rows++ % Window;
        TensorPrimitives.Add(original[.._width], -Middle, MemoryMarshal.Cast<Vector512<float>, float>(Ring(slot, 0)));
        difference[.._width].CopyTo(MemoryMarshal.Cast<Vector512<float>, float>(Ring(slot, 1)));
        if (_rows >= Window)
        {
            AverageColumns();
            Accumulate();
        }
    }

    public void Dispose()
    {
        ArrayPool<Vector512<float>>.Shared.Return(_ring);
        ArrayPool<Vector512<float>>.Shared.Return(_means);
    }

    private static float[] BuildGaussian()
    {
        double[] weights = [.. Enumerable.Range(-Window / 2, Window).Select(i => Math.Exp(-i * i / (2 * 1.5 * 1.5)))];
        return [.. weights.Select(w => (float)(w / weights.Sum()))];
    }

    // One row of x or of d.
    private Span<Vector512<float>> Ring(int slot, int map) => _ring.AsSpan((2 * slot + map) * _vectors, _vectors);

    private Span<Vector512<float>> Means(int map) => _means.AsSpan(map * _vectors, _vectors);

    /// <summary>The Gaussian means of x, d, xy and d² down the columns of the window. The kernel is symmetric: rows are taken in pairs.</summary>
    private void AverageColumns()
    {
        // Where in the ring its rows are; the oldest is at _rows % Window.
        Span<int> rows = stackalloc int[Window];
        for (var k = 0; k < Window; k++)
        {
            rows[k] = (_rows + k) % Window * 2 * _vectors;
        }

        ReadOnlySpan<Vector512<float>> ring = _ring;
        var (means, stride) = (_means, _vectors);
        for (var i = 0; i < stride; i++)
        {
            var (x, d) = (ring[rows[Window / 2] + i], ring[rows[Window / 2] + stride + i]);
            var weight = Vector512.Create(s_gaussian[Window / 2]);
            var (meanX, meanD) = (weight * x, weight * d);
            var (meanXy, meanDd) = (meanX * (x + d), meanD * d);
            for (var k = 0; k < Window / 2; k++)
            {
                var (above, below) = (rows[k] + i, rows[Window - 1 - k] + i);
                var (x0, x1, d0, d1) = (ring[above], ring[below], ring[above + stride], ring[below + stride]);
                weight = Vector512.Create(s_gaussian[k]);
                meanX = Vector512.MultiplyAddEstimate(weight, x0 + x1, meanX);
                meanD = Vector512.MultiplyAddEstimate(weight, d0 + d1, meanD);
                meanXy = Vector512.MultiplyAddEstimate(weight, Vector512.MultiplyAddEstimate(x0, x0 + d0, x1 * (x1 + d1)), meanXy);
                meanDd = Vector512.MultiplyAddEstimate(weight, Vector512.MultiplyAddEstimate(d0, d0, d1 * d1), meanDd);
            }

            (means[i], means[stride + i], means[2 * stride + i], means[3 * stride + i]) = (meanX, meanD, meanXy, meanDd);
        }
    }

    /// <summary>Averages along the row too, and adds the row of windows that has just become whole.</summary>
    private void Accumulate()
    {
        var means = MemoryMarshal.Cast<Vector512<float>, float>(_means.AsSpan(0, Maps * _vectors));
        var stride = _vectors * Vector512<float>.Count;
        var (total, rest) = (Vector512<float>.Zero, 0.0);
        for (var i = 0; i < _valid; i += Vector512<float>.Count)
        {
            var similarity = Similarity(
                Average(means[i..]), Average(means[(stride + i)..]), Average(means[(2 * stride + i)..]), Average(means[(3 * stride + i)..]));
            if (i + Vector512<float>.Count <= _valid)
            {
                total += similarity;
                continue;
            }

            for (var lane = 0; lane < _valid - i; lane++)
            {
                rest += similarity[lane];
            }
        }

        _sum += rest + Vector512.Sum(total);
        _count += _valid;
    }

    /// <summary>The Gaussian means of the windows that start at the first samples of a row.</summary>
    private static Vector512<float> Average(ReadOnlySpan<float> row)
    {
        ref var x = ref MemoryMarshal.GetReference(row[..(Vector512<float>.Count + Window - 1)]);
        var mean = Vector512.LoadUnsafe(ref x, Window / 2) * s_gaussian[Window / 2];
        for (nuint k = 0; k < Window / 2; k++)
        {
            var pair = Vector512.LoadUnsafe(ref x, k) + Vector512.LoadUnsafe(ref x, Window - 1 - k);
            mean = Vector512.MultiplyAddEstimate(pair, Vector512.Create(s_gaussian[k]), mean);
        }

        return mean;
    }

    private static Vector512<float> Similarity(Vector512<float> mx, Vector512<float> md, Vector512<float> xy, Vector512<float> dd)
    {
        var my = mx + md;
        var covariance = xy - mx * my;
        var variance = Vector512.Max(dd - md * md, Vector512<float>.Zero);
        var middle = Vector512.Create(Middle);
        var brightness = (mx + middle) * (mx + middle) + (my + middle) * (my + middle) + Vector512.Create(C1);
        var luminance = Vector512<float>.One - md * md / brightness;
        return luminance * (Vector512<float>.One - variance / (covariance + covariance + variance + Vector512.Create(C2)));
    }
}
