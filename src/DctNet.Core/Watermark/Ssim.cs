using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>Structural similarity of luma (Wang et al. 2004): the measure that a mark is held to, for whoever compares pictures.</summary>
public static class Ssim
{
    /// <summary>The mean over all windows (Gaussian, σ 1.5, 11 × 11) that lie wholly inside; range 255.</summary>
    /// <param name="a">One plane, row by row.</param>
    /// <param name="b">The other, of the same size.</param>
    /// <param name="width">Pixels in a row, at least 11; there are at least as many rows.</param>
    public static double Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, SsimMeter.Window);
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        using var meter = new SsimMeter(width);
        var difference = new float[width];
        for (var offset = 0; offset < a.Length; offset += width)
        {
            TensorPrimitives.Subtract(b.Slice(offset, width), a.Slice(offset, width), difference);
            meter.AddRow(a.Slice(offset, width), difference);
        }

        return meter.Mean;
    }
}
