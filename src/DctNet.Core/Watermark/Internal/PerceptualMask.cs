using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// How much stronger or weaker the mark may be at each place of the canonical picture: 1 in flat areas, more in texture, less in the
/// dark. Activity is eroded first, so that a lone edge does not raise the mark in the flat area beside it (no halo).
/// </summary>
internal static class PerceptualMask
{
    private const int ActivityRadius = 4;
    private const int ErosionRadius = 3;

    private const float DarkLimit = 30;

    /// <param name="luma">Canonical luma, range 0..255.</param>
    /// <param name="shape">How much stronger and weaker.</param>
    /// <returns>Relative amplitude, same size; the caller disposes it.</returns>
    public static Plane Of(Plane luma, MaskShape shape)
    {
        using var mean = new Plane(luma.Width, luma.Height);
        using var deviation = new Plane(luma.Width, luma.Height);
        var mask = new Plane(luma.Width, luma.Height);
        TensorPrimitives.Multiply(luma.Span, luma.Span, mask.Span);
        WindowFilter.Mean(luma, mean, ActivityRadius);
        WindowFilter.Mean(mask, deviation, ActivityRadius);
        TensorPrimitives.Multiply(mean.Span, mean.Span, mask.Span);
        TensorPrimitives.Subtract(deviation.Span, mask.Span, deviation.Span);
        TensorPrimitives.Max(deviation.Span, 0f, deviation.Span);
        TensorPrimitives.Sqrt(deviation.Span, deviation.Span);
        WindowFilter.Minimum(deviation, mask, ErosionRadius);

        TensorPrimitives.Multiply(mask.Span, shape.ActivityGain, mask.Span);
        TensorPrimitives.Add(mask.Span, 1f, mask.Span);
        TensorPrimitives.Min(mask.Span, shape.Cap, mask.Span);

        TensorPrimitives.Multiply(mean.Span, (1 - shape.DarkFloor) / DarkLimit, mean.Span);
        TensorPrimitives.Add(mean.Span, shape.DarkFloor, mean.Span);
        TensorPrimitives.Min(mean.Span, 1f, mean.Span);
        TensorPrimitives.Multiply(mask.Span, mean.Span, mask.Span);

        // Two 9×9 means: close to a Gaussian of σ = 3.7.
        WindowFilter.Mean(mask, mean, ActivityRadius);
        WindowFilter.Mean(mean, mask, ActivityRadius);
        return mask;
    }
}
