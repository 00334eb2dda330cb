using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>Opacity of a picture with alpha, 0..1.</summary>
internal readonly struct OpacityRows(PixelBuffer image) : IRowSource
{
    public int Width => image.Width;

    public int Height => image.Height;

    public ReadOnlySpan<float> Row(int y, Span<float> scratch)
    {
        var pixels = image.Row(y);
        var opacity = scratch[..Width];
        for (var x = 0; x < opacity.Length; x++)
        {
            opacity[x] = pixels[(4 * x) + 3] * (1f / 255);
        }

        return opacity;
    }
}
