using NetVips;

namespace DctNet.Core.Imaging;

/// <summary>Decodes what <see cref="ImageProbe"/> let through to upright 8-bit sRGB.</summary>
/// <remarks>
/// Memory: the compressed bytes once more (libvips keeps its own copy), the result, and in between strips of a few rows. Pictures that
/// must be turned, and formats that decode as a whole (interlaced PNG, progressive JPEG, WebP, AVIF, TIFF of high tiles), hold one decoded copy
/// more; a JPEG that is put right first holds its compressed bytes a third time.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>
    /// Decodes, converts any colour space to sRGB, turns upright and shrinks. Truncated or damaged data gives
    /// <see cref="FailureCode.CorruptImage"/>. The caller disposes the result.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="header">What <see cref="ImageProbe.Read"/> said of these bytes.</param>
    /// <param name="maxSide">
    /// Longest side of the result in pixels, at least 1, or null for the full size. JPEG and WebP are decoded small.
    /// </param>
    public static Outcome<DecodedImage> Decode(ReadOnlyMemory<byte> bytes, ImageHeader header, int? maxSide = null)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (maxSide is < 1)
        {
            return new Failure(FailureCode.InvalidOption, "The longest side must be at least 1 pixel.", "options.max_side");
        }

        VipsRuntime.Ensure();
        try
        {
            return DecodeUnguarded(bytes, header, maxSide);
        }
        catch (VipsException)
        {
            return header.Format == ImageFormat.Jpeg && JpegRepair.Repair(bytes.Span) is { } repaired
                ? DecodeRepaired(repaired, header, maxSide)
                : Damaged(header);
        }
    }

    private static Outcome<DecodedImage> DecodeRepaired(ReadOnlyMemory<byte> repaired, ImageHeader header, int? maxSide)
    {
        try
        {
            return DecodeUnguarded(repaired, header, maxSide);
        }
        catch (VipsException)
        {
            return Damaged(header);
        }
    }

    private static Outcome<DecodedImage> DecodeUnguarded(ReadOnlyMemory<byte> bytes, ImageHeader header, int? maxSide)
    {
        var (width, height) = header.FitWithin(maxSide);
        if (header.SwapsSides)
        {
            (width, height) = (height, width);
        }

        // libjpeg only warns where it invents pixels for a damaged scan, so a JPEG's warnings count as damage; what it warns of besides is put
        // right. PNG warnings are mostly about colour chunks that are ignored anyway.
        var strictness = header.Format == ImageFormat.Jpeg ? Enums.FailOn.Warning : Enums.FailOn.Error;
        var options = ShrinkOnLoad(header, width, height);
        var image = Image.NewFromBuffer(bytes.Span, access: Enums.Access.Sequential, failOn: strictness, kwargs: options);
        try
        {
            if ((long)image.Width * image.Height > (long)header.StoredWidth * header.StoredHeight)
            {
                return Damaged(header);
            }

            var metadata = VipsPixels.Metadata(image, bytes, header.Format);
            if (image.Width != width || image.Height != height)
            {
                Replace(ref image, VipsPixels.Resize(image, width, height, Enums.Kernel.Lanczos3));
            }

            ToSrgb(ref image);
            if (header.Orientation is > 1 and not 2)
            {
                Replace(ref image, image.CopyMemory()); // Turning reads rows in another order than the decoder gives them.
            }

            Turn(ref image, header.Orientation);
            return new DecodedImage(VipsPixels.Compute(image), metadata);
        }
        finally
        {
            image.Dispose();
        }
    }

    /// <summary>Decoder options that give at least the wanted size at least cost.</summary>
    private static VOption ShrinkOnLoad(ImageHeader header, int width, int height)
    {
        var ratio = Math.Min(header.StoredWidth / (double)width, header.StoredHeight / (double)height);
        var options = new VOption();
        if (header.Format == ImageFormat.Jpeg && ratio >= 2)
        {
            options.Add("shrink", ratio >= 8 ? 8 : ratio >= 4 ? 4 : 2); // The DCT scalings of libjpeg.
        }
        else if (header.Format == ImageFormat.WebP && ratio >= 4)
        {
            options.Add("scale", 2 / ratio); // libwebp averages boxes; the last factor of two is left to the better kernel.
        }

        return options;
    }

    private static void ToSrgb(ref Image image)
    {
        var cmyk = image.Interpretation == Enums.Interpretation.Cmyk;
        // The colour engine reads 8 and 16 bits; floats it would take for 0..255.
        if (image.Format is Enums.BandFormat.Uchar or Enums.BandFormat.Ushort && (cmyk || image.Contains("icc-profile-data")))
        {
            // Alpha is taken aside: the colour engine would scale it like a colour when the depth changes.
            using var alpha = TakeAlpha(ref image);
            try
            {
                // "srgb" and "cmyk" are profiles inside libvips; the second stands in where a CMYK file carries none.
                Replace(
                    ref image,
                    image.IccTransform(
                        "srgb",
                        intent: Enums.Intent.Relative,
                        blackPointCompensation: true,
                        embedded: true,
                        inputProfile: cmyk ? "cmyk" : null,
                        depth: 8));
            }
            catch (VipsException)
            {
                // A profile that does not fit its pixels is ignored, as browsers do.
                Replace(ref image, image.Colourspace(Enums.Interpretation.Srgb));
            }

            if (alpha is not null)
            {
                Replace(ref image, image.Bandjoin(alpha));
            }
        }
        else if (image.Interpretation != Enums.Interpretation.Srgb || image.Format != Enums.BandFormat.Uchar)
        {
            Replace(ref image, image.Colourspace(Enums.Interpretation.Srgb));
        }

        if (image.Format != Enums.BandFormat.Uchar)
        {
            Replace(ref image, image.Cast(Enums.BandFormat.Uchar));
        }

        if (image.Bands < 3)
        {
            // Gray under a name of its own (a TIFF of measurements): spread the first band over the three colours.
            using var gray = image.ExtractBand(0);
            Replace(ref image, image.Bands == 1 ? gray.Bandjoin(gray, gray) : gray.Bandjoin(gray, gray, image[1]));
        }
        else if (image.Bands > 4)
        {
            Replace(ref image, image.ExtractBand(0, n: 4));
        }
    }

    /// <summary>Splits the alpha band off as 8 bits; null when there is none.</summary>
    private static Image? TakeAlpha(ref Image image)
    {
        if (!image.HasAlpha())
        {
            return null;
        }

        using var raw = image.ExtractBand(image.Bands - 1);
        var shift = image.Format == Enums.BandFormat.Ushort ? 8 : 0;
        using var scaled = shift == 0 ? raw.Copy() : raw >> shift;
        var alpha = scaled.Cast(Enums.BandFormat.Uchar);
        Replace(ref image, image.ExtractBand(0, n: image.Bands - 1));
        return alpha;
    }

    /// <summary>EXIF orientation (tag 0x0112): each value names the turn that undoes it.</summary>
    private static void Turn(ref Image image, int orientation)
    {
        switch (orientation)
        {
            case 2:
                Replace(ref image, image.FlipHor());
                break;
            case 3:
                Replace(ref image, image.Rot180());
                break;
            case 4:
                Replace(ref image, image.FlipVer());
                break;
            case 5:
                Replace(ref image, image.Rot90());
                Replace(ref image, image.FlipHor());
                break;
            case 6:
                Replace(ref image, image.Rot90());
                break;
            case 7:
                Replace(ref image, image.Rot90());
                Replace(ref image, image.FlipVer());
                break;
            case 8:
                Replace(ref image, image.Rot270());
                break;
        }
    }

    private static void Replace(ref Image image, Image next)
    {
        image.Dispose();
        image = next;
    }

    private static Failure Damaged(ImageHeader header) =>
        new(FailureCode.CorruptImage, $"The {header.Format.Name()} data is damaged or cut short.");
}
