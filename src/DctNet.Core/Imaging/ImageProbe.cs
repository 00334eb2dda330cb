using NetVips;

namespace DctNet.Core.Imaging;

/// <summary>The gate: decides on the header alone whether a picture may be decoded.</summary>
public static class ImageProbe
{
    /// <summary>
    /// Reads the header. Failures: <see cref="FailureCode.EmptyInput"/>, <see cref="FailureCode.UnsupportedFormat"/>,
    /// <see cref="FailureCode.ImageTooLarge"/>, <see cref="FailureCode.ImageTooSmall"/>, <see cref="FailureCode.AnimatedImage"/>,
    /// <see cref="FailureCode.CorruptImage"/>. No pixel is decoded.
    /// </summary>
    public static Outcome<ImageHeader> Read(ReadOnlyMemory<byte> bytes, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (!ImageFormats.Sniff(bytes.Span).TryGet(out var format, out var failure))
        {
            return failure;
        }

        if (!HeaderScan.TryRead(format, bytes.Span, out var declared) || declared.Width == 0 || declared.Height == 0)
        {
            return BadHeader(format);
        }

        if (limits.Check(declared.Width, declared.Height) is { } refused)
        {
            return refused;
        }

        if (declared.Animated)
        {
            return Animated(format);
        }

        VipsRuntime.Ensure();
        try
        {
            using var image = Image.NewFromBuffer(bytes.Span, access: Enums.Access.Sequential);
            var frames = image.Contains("n-pages") ? Convert.ToInt32(image.Get("n-pages"), null) : 1;
            if (frames > 1)
            {
                return Animated(format);
            }

            // The decoder may read another size than the container declares; its word binds what will be allocated.
            if (limits.Check(image.Width, image.Height) is { } second)
            {
                return second;
            }

            if (image.Format is Enums.BandFormat.Uint or Enums.BandFormat.Int or Enums.BandFormat.Complex or Enums.BandFormat.Dpcomplex)
            {
                return new Failure(FailureCode.UnsupportedFormat, $"The {format.Name()} file has samples of 32-bit integers or complex numbers; send 8 or 16 bits.");
            }

            return new ImageHeader(
                format,
                image.Width,
                image.Height,
                Orientation(image),
                Bits(image),
                image.Bands,
                image.HasAlpha(),
                image.Contains("icc-profile-data"),
                DecodesByRow(format, image));
        }
        catch (VipsException)
        {
            return BadHeader(format);
        }
    }

    /// <summary>
    /// The raw metadata of a file, by the decoder's own container reader; for formats that no metadata library here reads (AVIF). Fails
    /// with <see cref="FailureCode.UnsupportedFormat"/>, <see cref="FailureCode.EmptyInput"/> or <see cref="FailureCode.CorruptImage"/>.
    /// </summary>
    public static Outcome<SourceMetadata> ReadMetadata(ReadOnlyMemory<byte> bytes)
    {
        if (!ImageFormats.Sniff(bytes.Span).TryGet(out var format, out var failure))
        {
            return failure;
        }

        VipsRuntime.Ensure();
        try
        {
            using var image = Image.NewFromBuffer(bytes.Span, access: Enums.Access.Sequential);
            return VipsPixels.Metadata(image, bytes, format);
        }
        catch (VipsException)
        {
            return BadHeader(format);
        }
    }

    private static bool DecodesByRow(ImageFormat format, Image image) =>
        format is ImageFormat.Jpeg or ImageFormat.Png
        && !(image.Contains("interlaced") && Convert.ToInt32(image.Get("interlaced"), null) != 0);

    private static int Orientation(Image image)
    {
        var value = image.Contains("orientation") ? Convert.ToInt32(image.Get("orientation"), null) : 1;
        return value is >= 1 and <= 8 ? value : 1;
    }

    private static int Bits(Image image) => image.Contains("bits-per-sample")
        ? Convert.ToInt32(image.Get("bits-per-sample"), null)
        : image.Format switch
        {
            Enums.BandFormat.Uchar or Enums.BandFormat.Char => 8,
            Enums.BandFormat.Ushort or Enums.BandFormat.Short => 16,
            Enums.BandFormat.Double or Enums.BandFormat.Complex => 64,
            _ => 32,
        };

    private static Failure BadHeader(ImageFormat format) =>
        new(FailureCode.CorruptImage, $"The file begins as {format.Name()}, but its header is damaged or cut short.");

    private static Failure Animated(ImageFormat format) =>
        new(FailureCode.AnimatedImage, $"The {format.Name()} file has several frames or pages; send a single still picture.");
}
