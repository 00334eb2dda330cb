namespace DctNet.Core.Imaging;

/// <summary>A decoded picture: upright 8-bit sRGB pixels and the source's metadata. Dispose returns the pixels to the pool.</summary>
public sealed record DecodedImage(PixelBuffer Pixels, SourceMetadata Metadata) : IDisposable
{
    public void Dispose() => Pixels.Dispose();
}
