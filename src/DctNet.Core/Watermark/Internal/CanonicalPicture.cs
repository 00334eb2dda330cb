using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>The luma of a picture at the size the format is defined in.</summary>
internal static class CanonicalPicture
{
    /// <summary>Long side over short side of what is looked at in one piece, at most.</summary>
    public const int MaxAspect = 8;

    /// <summary>As <see cref="Of"/>, of a part as if it were a picture of its own.</summary>
    public static Plane OfPart(PixelBuffer image, int left, int top, int width, int height, int shortSide = CarrierGrid.CanonicalShortSide)
    {
        if ((width, height) == (image.Width, image.Height))
        {
            return Of(image, shortSide);
        }

        using var part = new PixelBuffer(width, height, image.Channels);
        for (var y = 0; y < height; y++)
        {
            image.Row(top + y).Slice(left * image.Channels, part.Stride).CopyTo(part.Row(y));
        }

        return Of(part, shortSide);
    }

    /// <summary>Luma resized so that the short side is <paramref name="shortSide"/>; the caller disposes it.</summary>
    public static Plane Of(PixelBuffer image, int shortSide = CarrierGrid.CanonicalShortSide)
    {
        var scale = (double)shortSide / Math.Min(image.Width, image.Height);
        return Resampler.Resize(new LumaRows(image), Scaled(image.Width), Scaled(image.Height));

        int Scaled(int side) => (int)Math.Round(side * scale);
    }
}
