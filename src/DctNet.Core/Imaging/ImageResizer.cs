using NetVips;

namespace DctNet.Core.Imaging;

/// <summary>Resampling of pixel buffers by libvips: antialiased when shrinking.</summary>
public static class ImageResizer
{
    /// <summary>
    /// Resizes to exactly <paramref name="width"/> × <paramref name="height"/> (each at least 1). The caller owns the result.
    /// </summary>
    /// <param name="pixels">The source; it stays the caller's.</param>
    /// <param name="width">New width, pixels.</param>
    /// <param name="height">New height, pixels.</param>
    /// <param name="filter">The kernel.</param>
    public static PixelBuffer Resize(PixelBuffer pixels, int width, int height, ResizeFilter filter = ResizeFilter.Lanczos3)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (width == pixels.Width && height == pixels.Height)
        {
            return pixels.Clone();
        }

        VipsRuntime.Ensure();
        var kernel = filter switch
        {
            ResizeFilter.Lanczos3 => Enums.Kernel.Lanczos3,
            ResizeFilter.Linear => Enums.Kernel.Linear,
            ResizeFilter.Nearest => Enums.Kernel.Nearest,
            _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, null),
        };
        var image = VipsPixels.Wrap(pixels, out var pin);
        using (pin)
        using (image)
        {
            using var resized = VipsPixels.Resize(image, width, height, kernel);
            return VipsPixels.Compute(resized);
        }
    }
}
