using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>The luma of a picture at the size the format is defined in.</summary>
internal static class CanonicalPicture
{
    /// <summary>Luma resized so that the short side is <paramref name="shortSide"/>; the caller disposes it.</summary>
    public static Plane Of(PixelBuffer image, int shortSide = CarrierGrid.CanonicalShortSide)
    {
        var scale = (double)shortSide / Math.Min(image.Width, image.Height);
        return Resampler.Resize(new LumaRows(image), Scaled(image.Width), Scaled(image.Height));

        int Scaled(int side) => (int)Math.Round(side * scale);
    }
}
