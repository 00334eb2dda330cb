namespace DctNet.Core.Imaging;

/// <summary>What the header of a picture says, before any pixel is decoded.</summary>
/// <param name="Format">The format by its magic bytes.</param>
/// <param name="StoredWidth">Width as stored, pixels.</param>
/// <param name="StoredHeight">Height as stored, pixels.</param>
/// <param name="Orientation">EXIF orientation 1..8; 1 when absent or when the container itself turns the picture (AVIF).</param>
/// <param name="BitsPerSample">Bits of one stored sample: 1..64, mostly 8.</param>
/// <param name="Channels">Stored channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA or CMYK, 5 CMYK and alpha.</param>
/// <param name="HasAlpha">True when one channel is alpha (a palette with transparency counts).</param>
/// <param name="HasIccProfile">True when an ICC profile is embedded.</param>
/// <param name="DecodesByRow">
/// True when the decoder gives rows as it reads them; WebP, AVIF, GIF, interlaced PNG and progressive JPEG are decoded whole, however small
/// the picture is wanted, and the tiles of a TIFF may be as high as it is.
/// </param>
public sealed record ImageHeader(
    ImageFormat Format,
    int StoredWidth,
    int StoredHeight,
    int Orientation,
    int BitsPerSample,
    int Channels,
    bool HasAlpha,
    bool HasIccProfile,
    bool DecodesByRow)
{
    /// <summary>Orientations 5..8 swap the sides (EXIF 3.0, tag 0x0112).</summary>
    public bool SwapsSides => Orientation >= 5;

    /// <summary>Width of the upright picture, pixels.</summary>
    public int Width => SwapsSides ? StoredHeight : StoredWidth;

    /// <summary>Height of the upright picture, pixels.</summary>
    public int Height => SwapsSides ? StoredWidth : StoredHeight;

    /// <summary>
    /// Bytes that the decoded picture takes: 8-bit RGB or RGBA after <see cref="FitWithin"/>, or as stored where it is decoded whole and
    /// that is more.
    /// </summary>
    public long DecodedBytes(int? maxSide)
    {
        var channels = HasAlpha ? 4 : 3;
        var (width, height) = FitWithin(maxSide);
        var fitted = (long)width * height * channels;
        return DecodesByRow
            ? fitted
            : Math.Max(fitted, (long)StoredWidth * StoredHeight * Math.Max(channels, Channels) * Math.Max(1, BitsPerSample / 8));
    }

    /// <summary>
    /// The size after shrinking so that the longer side is at most <paramref name="maxSide"/>; the picture is never enlarged.
    /// </summary>
    public (int Width, int Height) FitWithin(int? maxSide)
    {
        var longest = Math.Max(Width, Height);
        if (maxSide is not { } limit || longest <= limit)
        {
            return (Width, Height);
        }

        var scale = limit / (double)longest;
        return (Math.Max(1, (int)Math.Round(Width * scale)), Math.Max(1, (int)Math.Round(Height * scale)));
    }
}
