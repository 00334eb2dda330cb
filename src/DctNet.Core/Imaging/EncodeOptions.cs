namespace DctNet.Core.Imaging;

/// <summary>How to encode.</summary>
public sealed record EncodeOptions
{
    /// <summary>What libvips writes into one JPEG segment (of 65,535): larger packets it leaves out. The other formats could hold more.</summary>
    public const int MaxXmpBytes = 60_000;

    /// <summary>JPEG, PNG, WebP or AVIF.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>1..100; null takes <see cref="DefaultQuality"/>. PNG is lossless and ignores it.</summary>
    public int? Quality { get; init; }

    /// <summary>
    /// A UTF-8 XMP packet to embed, or empty for none, at most <see cref="MaxXmpBytes"/>. Nothing else but pixels is written.
    /// </summary>
    public ReadOnlyMemory<byte> Xmp { get; init; }

    /// <summary>
    /// JPEG 92 (4:4:4, so that the ink lines of a cartoon stay sharp), WebP 90, AVIF 75: about equal looks on flat colour
    /// with hard edges, at falling size. PNG 100 stands for lossless.
    /// </summary>
    public static int DefaultQuality(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => 92,
        ImageFormat.WebP => 90,
        ImageFormat.Avif => 75,
        ImageFormat.Png => 100,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Only JPEG, PNG, WebP and AVIF are written."),
    };
}
