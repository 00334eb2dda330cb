using DctNet.Core.Imaging;
using NetVips;

namespace DctNet.Evaluation;

/// <summary>Between pooled pixels and libvips images.</summary>
internal static class VipsConversion
{
    public static Image ToRgb(PixelBuffer picture)
    {
        using var raw = Image.NewFromMemoryCopy(
            picture.Span.ToArray(), picture.Width, picture.Height, picture.Channels, Enums.BandFormat.Uchar);
        using var named = raw.Copy(interpretation: Enums.Interpretation.Srgb);
        return picture.HasAlpha ? named.Flatten(background: [255, 255, 255]) : named.CopyMemory();
    }

    public static PixelBuffer ToPixels(Image image)
    {
        using var bytes = image.Cast(Enums.BandFormat.Uchar);
        var values = bytes.WriteToMemory<byte>();
        var picture = new PixelBuffer(image.Width, image.Height, 3);
        values.CopyTo(picture.Span);
        return picture;
    }
}
