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
        for (var y = 0; y < luma.Height; y++)
        {
            Deviation(mean.Row(y), deviation.Row(y), mask.Row(y));
        }

        WindowFilter.Minimum(deviation, mask, ErosionRadius);
        for (var y = 0; y < luma.Height; y++)
        {
            Strength(mask.Row(y), mean.Row(y), shape);
        }

        // Two 9×9 means: close to a Gaussian of σ = 3.7.
        WindowFilter.Mean(mask, mean, ActivityRadius);
        WindowFilter.Mean(mean, mask, ActivityRadius);
        return mask;
    }

    /// <summary>Makes a row of mean squares into standard deviations.</summary>
    private static void Deviation(ReadOnlySpan<float> mean, Span<float> squares, Span<float> work)
    {
        TensorPrimitives.Multiply(mean, mean, work);
        TensorPrimitives.Subtract(squares, work, squares);
        TensorPrimitives.Max(squares, 0f, squares);
        TensorPrimitives.Sqrt(squares, squares);
    }

    /// <summary>Makes a row of activity into amplitudes; the row of means is overwritten.</summary>
    private static void Strength(Span<float> activity, Span<float> mean, MaskShape shape)
    {
        TensorPrimitives.Multiply(activity, shape.ActivityGain, activity);
        TensorPrimitives.Add(activity, 1f, activity);
        TensorPrimitives.Min(activity, shape.Cap, activity);

        TensorPrimitives.Multiply(mean, (1 - shape.DarkFloor) / DarkLimit, mean);
        TensorPrimitives.Add(mean, shape.DarkFloor, mean);
        TensorPrimitives.Min(mean, 1f, mean);
        TensorPrimitives.Multiply(activity, mean, activity);
    }
}
