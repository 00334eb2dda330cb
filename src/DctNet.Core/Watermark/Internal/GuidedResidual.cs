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

    /// <param name="luma">Canonical luma, range 0..255; overwritten by the result.</param>
    public static void Replace(Plane luma)
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
        TensorPrimitives.Add(mean.Span, PowerFloor, mean.Span);
        TensorPrimitives.Divide(luma.Span, mean.Span, luma.Span);
        TensorPrimitives.Max(luma.Span, -Limit, luma.Span);
        TensorPrimitives.Min(luma.Span, Limit, luma.Span);
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
