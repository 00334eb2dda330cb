using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// What is left of a luma plane when the picture is taken out: the difference to its self-guided filter (He et al. 2013, which
/// keeps edges out of the residual), divided by the local residual power so that busy places, where the mark drowns, count less.
/// </summary>
internal static class GuidedResidual
{
    // Radius and edge threshold (grey levels, squared) measured with the prototype: r = 3, ε = 20².
    private const int Radius = 3;
    private const float Epsilon = 20f * 20f;

    // A 3 × 3 mean first: it weakens the mark no more than the noise beside it, but keeps heavy noise from being taken for edges.
    private const int SmoothingRadius = 1;

    // Power window and floor, in squared grey levels; the floor is below the power of the mark itself.
    private const int PowerRadius = 4;
    private const float PowerFloor = 1.5f;
    private const float Limit = 3;

    // The floors of the parts: next to none, for the mark may be fainter than a grey level there, and a share of what they hold at least.
    private const float PartFloor = 0.05f;
    private const float PartFloorShare = 0.1f;
    private const int MedianStep = 5;

    /// <param name="luma">Canonical luma, range 0..255; overwritten by the result.</param>
    public static void Replace(Plane luma)
    {
        using var power = new Plane(luma.Width, luma.Height);
        Subtract(luma, power);
        for (var y = 0; y < luma.Height; y++)
        {
            Weigh(luma.Row(y), power.Row(y));
        }
    }

    /// <summary>
    /// The residual in two parts, each zero where the other is not. A denoiser takes most of the mark from quiet places, turns the sign of
    /// what it leaves there at some frequencies, and leaves it alone in busy ones: each half has a channel of its own.
    /// </summary>
    /// <param name="luma">Canonical luma, range 0..255; overwritten by the half of it where there is less residual than elsewhere.</param>
    /// <param name="busy">Gets the other half.</param>
    public static void Split(Plane luma, Plane busy)
    {
        using var power = new Plane(luma.Width, luma.Height);
        Subtract(luma, power);
        var median = Median(power);
        var busyFloor = PartFloor + PartFloorShare * median;
        Span<float> quietSpan = luma.Span;
        Span<float> busySpan = busy.Span;
        ReadOnlySpan<float> levels = power.Span;
        for (var i = 0; i < levels.Length; i++)
        {
            var (value, level) = (quietSpan[i], levels[i]);
            var isQuiet = level <= median;
            quietSpan[i] = isQuiet ? value / (level + PartFloor) : 0;
            busySpan[i] = isQuiet ? 0 : value / (level + busyFloor);
        }
    }

    /// <summary>Takes the filtered picture out, and tells the local power of what is left.</summary>
    private static void Subtract(Plane luma, Plane power)
    {
        using var mean = new Plane(luma.Width, luma.Height);
        using var slope = new Plane(luma.Width, luma.Height);
        using var work = new Plane(luma.Width, luma.Height);
        WindowFilter.Mean(luma, mean, SmoothingRadius);
        for (var y = 0; y < luma.Height; y++)
        {
            mean.Row(y).CopyTo(luma.Row(y));
            TensorPrimitives.Multiply(mean.Row(y), mean.Row(y), work.Row(y));
        }

        WindowFilter.Mean(luma, mean, Radius);
        WindowFilter.Mean(work, slope, Radius);
        for (var y = 0; y < luma.Height; y++)
        {
            LinearModel(mean.Row(y), slope.Row(y));
        }

        // slope holds a, mean holds b; the filter's output is mean(a)·x + mean(b).
        WindowFilter.Mean(slope, work, Radius);
        WindowFilter.Mean(mean, slope, Radius);
        for (var y = 0; y < luma.Height; y++)
        {
            TensorPrimitives.MultiplyAdd(work.Row(y), luma.Row(y), slope.Row(y), work.Row(y));
            TensorPrimitives.Subtract(luma.Row(y), work.Row(y), luma.Row(y));
            TensorPrimitives.Multiply(luma.Row(y), luma.Row(y), work.Row(y));
        }

        WindowFilter.Mean(work, power, PowerRadius);
    }

    /// <summary>Divides a row by the power, its floor added, and limits the result.</summary>
    private static void Weigh(Span<float> row, ReadOnlySpan<float> power)
    {
        var x = 0;
        for (; x <= row.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var weighed = new Vector<float>(row[x..]) / (new Vector<float>(power[x..]) + new Vector<float>(PowerFloor));
            Vector.ClampNative(weighed, new Vector<float>(-Limit), new Vector<float>(Limit)).CopyTo(row[x..]);
        }

        for (; x < row.Length; x++)
        {
            row[x] = Math.Clamp(row[x] / (power[x] + PowerFloor), -Limit, Limit);
        }
    }

    /// <summary>The median of every fifth value of every fifth row.</summary>
    private static float Median(Plane plane)
    {
        var sample = ArrayPool<float>.Shared.Rent((plane.Width / MedianStep + 1) * (plane.Height / MedianStep + 1));
        var count = 0;
        for (var y = 0; y < plane.Height; y += MedianStep)
        {
            var row = plane.Row(y);
            for (var x = 0; x < row.Length; x += MedianStep)
            {
                sample[count++] = row[x];
            }
        }

        sample.AsSpan(0, count).Sort();
        var median = sample[count / 2];
        ArrayPool<float>.Shared.Return(sample);
        return median;
    }

    /// <summary>a = σ² / (σ² + ε) and b = (1 − a)·μ from the window means of x and x², in their place.</summary>
    private static void LinearModel(Span<float> mean, Span<float> meanOfSquares)
    {
        var x = 0;
        for (; x <= mean.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var (average, squares) = (new Vector<float>(mean[x..]), new Vector<float>(meanOfSquares[x..]));
            var variance = Vector.MaxNative(squares - average * average, Vector<float>.Zero);
            var slope = variance / (variance + new Vector<float>(Epsilon));
            slope.CopyTo(meanOfSquares[x..]);
            (average - average * slope).CopyTo(mean[x..]);
        }

        for (; x < mean.Length; x++)
        {
            var variance = Math.Max(meanOfSquares[x] - mean[x] * mean[x], 0);
            meanOfSquares[x] = variance / (variance + Epsilon);
            mean[x] -= mean[x] * meanOfSquares[x];
        }
    }
}
