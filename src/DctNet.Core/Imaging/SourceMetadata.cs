using System.Collections.ObjectModel;

namespace DctNet.Core.Imaging;

/// <summary>
/// Raw metadata blocks of a source picture, for the provenance room to pick the AI labels and the copyright from. They hold private
/// matter (GPS, serial numbers) and are never written to an output as they are.
/// </summary>
/// <param name="Xmp">The XMP packet, UTF-8 XML of unknown quality, or null.</param>
/// <param name="Exif">The EXIF block with its <c>Exif\0\0</c> prefix, or the whole of a TIFF file, whose tags it is made of; or null.</param>
public sealed record SourceMetadata(byte[]? Xmp, ReadOnlyMemory<byte>? Exif)
{
    /// <summary>A block larger than this is not kept, bytes. Real packets are a few KB.</summary>
    public const int MaxBlockBytes = 1 << 20;

    /// <summary>The IPTC-IIM block: in JPEG inside Photoshop's image resources, in TIFF by itself; or null.</summary>
    public byte[]? Iptc { get; init; }

    /// <summary>Texts of a PNG by their keywords, of which the standard has Author and Copyright.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    public static SourceMetadata None { get; } = new(null, null);
}
