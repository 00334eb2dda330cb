using System.Buffers.Binary;

namespace DctNet.Core.Imaging;

/// <summary>Names, media types and magic bytes of the formats. The content decides, never a file name or a media type.</summary>
public static class ImageFormats
{
    private const string Readable = "JPEG, PNG, WebP, AVIF, GIF and TIFF are.";

    /// <summary>How far into the file a text format (SVG) is looked for, bytes.</summary>
    private const int TextSniffBytes = 1024;

    internal static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    internal static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>For people: "JPEG".</summary>
    public static string Name(this ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "JPEG",
        ImageFormat.Png => "PNG",
        ImageFormat.WebP => "WebP",
        ImageFormat.Avif => "AVIF",
        ImageFormat.Gif => "GIF",
        ImageFormat.Tiff => "TIFF",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    /// <summary>The registered media type: "image/jpeg".</summary>
    public static string MediaType(this ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "image/jpeg",
        ImageFormat.Png => "image/png",
        ImageFormat.WebP => "image/webp",
        ImageFormat.Avif => "image/avif",
        ImageFormat.Gif => "image/gif",
        ImageFormat.Tiff => "image/tiff",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    /// <summary>The usual file extension with its dot.</summary>
    public static string Extension(this ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => ".jpg",
        ImageFormat.Png => ".png",
        ImageFormat.WebP => ".webp",
        ImageFormat.Avif => ".avif",
        ImageFormat.Gif => ".gif",
        ImageFormat.Tiff => ".tiff",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    /// <summary>True for what results can be: the others are only read.</summary>
    public static bool CanWrite(this ImageFormat format) =>
        format is ImageFormat.Jpeg or ImageFormat.Png or ImageFormat.WebP or ImageFormat.Avif;

    /// <summary>True when the format can carry an alpha channel in what this room writes.</summary>
    public static bool CanWriteAlpha(this ImageFormat format) => format is ImageFormat.Png or ImageFormat.WebP or ImageFormat.Avif;

    /// <summary>
    /// The longest side that can be written, pixels: JPEG as libjpeg limits it, WebP 14 bits, AVIF as libheif limits it.
    /// </summary>
    public static int MaxWriteSide(this ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => 65_500,
        ImageFormat.Png => int.MaxValue,
        ImageFormat.WebP => 16_383,
        ImageFormat.Avif => 16_384,
        _ => 0,
    };

    /// <summary>
    /// The format by its magic bytes. Known formats that are not read are refused by name with
    /// <see cref="FailureCode.UnsupportedFormat"/>; no bytes at all with <see cref="FailureCode.EmptyInput"/>.
    /// </summary>
    public static Outcome<ImageFormat> Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return new Failure(FailureCode.EmptyInput, "The image is empty (0 bytes).");
        }

        if (bytes.StartsWith(JpegSignature))
        {
            return ImageFormat.Jpeg;
        }

        if (bytes.StartsWith(PngSignature))
        {
            return ImageFormat.Png;
        }

        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes.Slice(8, 4).SequenceEqual("WEBP"u8))
        {
            return ImageFormat.WebP;
        }

        if (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
        {
            return ImageFormat.Gif;
        }

        if (bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8))
        {
            return ImageFormat.Tiff;
        }

        if (bytes.Length >= 16 && bytes.Slice(4, 4).SequenceEqual("ftyp"u8))
        {
            return SniffIsoMedia(bytes);
        }

        return SniffUnread(bytes) is { } name
            ? Unread(name)
            : new Failure(FailureCode.UnsupportedFormat, $"The bytes are no image of an accepted format. {Readable}");
    }

    private static Failure Unread(string name) => new(FailureCode.UnsupportedFormat, $"{name} is not read here. {Readable}");

    /// <summary>ISO base media: the brands of the first box tell AVIF from HEIC and from video.</summary>
    private static Outcome<ImageFormat> SniffIsoMedia(ReadOnlySpan<byte> bytes)
    {
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes), (uint)bytes.Length);
        var isImage = false;
        for (var at = 8; at + 4 <= length; at += at == 8 ? 8 : 4)
        {
            var brand = bytes.Slice(at, 4);
            if (brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8))
            {
                return ImageFormat.Avif;
            }

            isImage |= brand.StartsWith("hei"u8)
                || brand.StartsWith("hev"u8)
                || brand.SequenceEqual("mif1"u8)
                || brand.SequenceEqual("msf1"u8);
        }

        return isImage
            ? Unread("HEIC/HEIF (the format of many phones; choose \"most compatible\" in the camera settings or export as JPEG)")
            : Unread("A video or other ISO media file");
    }

    private static string? SniffUnread(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\0\0\0\x0CJXL \r\n"u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]))
        {
            return "JPEG XL";
        }

        if (bytes.StartsWith("\0\0\0\x0CjP  \r\n"u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]))
        {
            return "JPEG 2000";
        }

        if (bytes.StartsWith("%PDF"u8))
        {
            return "PDF";
        }

        if (bytes.StartsWith("8BPS"u8))
        {
            return "PSD (Photoshop)";
        }

        if (bytes.StartsWith("BM"u8))
        {
            return "BMP";
        }

        var text = bytes[..Math.Min(bytes.Length, TextSniffBytes)];
        return text.IndexOf("<svg"u8) >= 0 ? "SVG" : null;
    }
}
