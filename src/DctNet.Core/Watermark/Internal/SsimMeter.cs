using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// SSIM of luma (Wang et al. 2004: Gaussian window 11 × 11, σ = 1.5, range 255; only whole windows count), fed row by row with
/// the original and the difference.
/// </summary>
/// <remarks>
/// Written in terms of the difference d = y − x it needs no subtraction of nearly equal numbers:
/// SSIM = (1 − μd² / (μx² + μy² + C1)) · (1 − σd² / (2σxy + σd² + C2)), from the window means of x, d, xy and d².
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
    private readonly float[] _ring;
    private readonly float[] _scratch;
    private readonly float[] _means;
    private int _rows;
    private double _sum;
    private long _count;

    public SsimMeter(int width)
    {
        (_width, _valid) = (width, width - Window + 1);
        _ring = ArrayPool<float>.Shared.Rent(Maps * Window * _valid);
        _scratch = ArrayPool<float>.Shared.Rent(2 * width);
        _means = ArrayPool<float>.Shared.Rent(Maps * _valid);
    }

    /// <summary>Mean over all windows seen; 1 before the first.</summary>
    public double Mean => _count == 0 ? 1 : _sum / _count;

    /// <summary>Forgets the rows of the open window, so that the next row need not follow the last one.</summary>
    public void StartBand() => _rows = 0;

    public void AddRow(ReadOnlySpan<float> original, ReadOnlySpan<float> difference)
    {
        var slot = _rows++ % Window;
        var x = _scratch.AsSpan(0, _width);
        var product = _scratch.AsSpan(_width, _width);
        TensorPrimitives.Add(original, -Middle, x);
        Blur(x, Ring(0, slot));
        Blur(difference, Ring(1, slot));
        TensorPrimitives.AddMultiply(x, difference, x, product);
        Blur(product, Ring(2, slot));
        TensorPrimitives.Multiply(difference, difference, product);
        Blur(product, Ring(3, slot));
        if (_rows >= Window)
        {
            Accumulate();
        }
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_ring);
        ArrayPool<float>.Shared.Return(_scratch);
        ArrayPool<float>.Shared.Return(_means);
    }

    private static float[] BuildGaussian()
    {
        double[] weights = [.. Enumerable.Range(-Window / 2, Window).Select(i => Math.Exp(-i * i / (2 * 1.5 * 1.5)))];
        return [.. weights.Select(w => (float)(w / weights.Sum()))];
    }

    private Span<float> Ring(int map, int slot) => _ring.AsSpan((map * Window + slot) * _valid, _valid);

    private Span<float> Means(int map) => _means.AsSpan(map * _valid, _valid);

    /// <summary>The Gaussian mean along a row; the kernel is symmetric, so equally weighted samples are added first.</summary>
    private static void Blur(ReadOnlySpan<float> source, Span<float> target)
    {
        TensorPrimitives.Multiply(source.Slice(Window / 2, target.Length), s_gaussian[Window / 2], target);
        for (var k = 0; k < Window / 2; k++)
        {
            MultiplyAddPair(source.Slice(k, target.Length), source.Slice(Window - 1 - k, target.Length), s_gaussian[k], target);
        }
    }

    private static void MultiplyAddPair(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float weight, Span<float> target)
    {
        var x = 0;
        for (; x <= target.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = new Vector<float>(target[x..]) + (new Vector<float>(a[x..]) + new Vector<float>(b[x..])) * weight;
            sum.CopyTo(target[x..]);
        }

        for (; x < target.Length; x++)
        {
            target[x] += (a[x] + b[x]) * weight;
        }
    }

    /// <summary>Adds the row of windows that has just become whole.</summary>
    private void Accumulate()
    {
        for (var map = 0; map < Maps; map++)
        {
            // The oldest row of the ring is at _rows % Window.
            var mean = Means(map);
            TensorPrimitives.Multiply(Ring(map, _rows % Window), s_gaussian[0], mean);
            for (var k = 1; k < Window; k++)
            {
                TensorPrimitives.MultiplyAdd(Ring(map, (_rows + k) % Window), s_gaussian[k], mean, mean);
            }
        }

        ReadOnlySpan<float> x = Means(0);
        ReadOnlySpan<float> d = Means(1);
        ReadOnlySpan<float> xy = Means(2);
        ReadOnlySpan<float> dd = Means(3);
        var (i, total, rest) = (0, Vector<float>.Zero, 0.0);
        for (; i <= _valid - Vector<float>.Count; i += Vector<float>.Count)
        {
            total += Similarity(new(x[i..]), new(d[i..]), new(xy[i..]), new(dd[i..]));
        }

        for (; i < _valid; i++)
        {
            rest += Similarity(new(x[i]), new(d[i]), new(xy[i]), new(dd[i]))[0];
        }

        _sum += rest + Vector.Sum(total);
        _count += _valid;
    }

    private static Vector<float> Similarity(Vector<float> mx, Vector<float> md, Vector<float> xy, Vector<float> dd)
    {
        var my = mx + md;
        var covariance = xy - mx * my;
        var variance = Vector.Max(dd - md * md, Vector<float>.Zero);
        var middle = new Vector<float>(Middle);
        var brightness = (mx + middle) * (mx + middle) + (my + middle) * (my + middle) + new Vector<float>(C1);
        var luminance = Vector<float>.One - md * md / brightness;
        return luminance * (Vector<float>.One - variance / (covariance + covariance + variance + new Vector<float>(C2)));
    }
}
