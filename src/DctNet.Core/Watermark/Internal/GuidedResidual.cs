using System.Buffers;
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

    // Of a smoothed picture the mark is left faint in the quiet places, and only there: its floor is a share of the median power.
    private const float FaintFloorShare = 0.03f;
    private const float LeastFloor = 1e-4f;
    private const int MedianStep = 5;

    /// <param name="luma">Canonical luma, range 0..255; overwritten by the result.</param>
    /// <param name="faint">Looks for what a blur or a denoiser may have left, at the price of marks under compression noise.</param>
    public static void Replace(Plane luma, bool faint = false)
    {
        using var mean = new Plane(luma.Width, luma.Height);
        using var slope = new Plane(luma.Width, luma.Height);
        using var work = new Plane(luma.Width, luma.Height);
        WindowFilter.Mean(luma, mean, SmoothingRadius);
        mean.Span.CopyTo(luma.Span);
        TensorPrimitives.Multiply(luma.Span, luma.Span, work.Span);
        WindowFilter.Mean(luma, mean, Radius);
        WindowFilter.Mean(work, slope, Radius);
        for (var y = 0; y < luma.Height; y++)
        {
            LinearModel(mean.Row(y), slope.Row(y), work.Row(y));
        }

        // slope holds a, mean holds b; the filter's output is mean(a)·x + mean(b).
        WindowFilter.Mean(slope, work, Radius);
        WindowFilter.Mean(mean, slope, Radius);
        TensorPrimitives.MultiplyAdd(work.Span, luma.Span, slope.Span, work.Span);
        TensorPrimitives.Subtract(luma.Span, work.Span, luma.Span);

        TensorPrimitives.Multiply(luma.Span, luma.Span, work.Span);
        WindowFilter.Mean(work, mean, PowerRadius);
        var floor = faint ? Math.Clamp(FaintFloorShare * Median(mean), LeastFloor, PowerFloor) : PowerFloor;
        TensorPrimitives.Add(mean.Span, floor, mean.Span);
        TensorPrimitives.Divide(luma.Span, mean.Span, luma.Span);
        TensorPrimitives.Multiply(luma.Span, MathF.Sqrt(floor / PowerFloor), luma.Span);
        TensorPrimitives.Max(luma.Span, -Limit, luma.Span);
        TensorPrimitives.Min(luma.Span, Limit, luma.Span);
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

    /// <summary>a = σ² / (σ² + ε) and b = (1 − a)·μ from the window means of x and x².</summary>
    private static void LinearModel(Span<float> mean, Span<float> meanOfSquares, Span<float> work)
    {
        var variance = meanOfSquares;
        TensorPrimitives.Multiply(mean, mean, work);
        TensorPrimitives.Subtract(meanOfSquares, work, variance);
        TensorPrimitives.Max(variance, 0f, variance);
        TensorPrimitives.Add(variance, Epsilon, work);
        TensorPrimitives.Divide(variance, work, variance);
        TensorPrimitives.Multiply(mean, variance, work);
        TensorPrimitives.Subtract(mean, work, mean);
    }
}
