using MetadataExtractor.Formats.Exif;
using MetadataExtractor.IO;

namespace DctNet.Core.Provenance;

/// <summary>Reads a raw EXIF block.</summary>
internal static class ExifBlock
{
    private static ReadOnlySpan<byte> Preamble => "Exif\0\0"u8;

    /// <summary>The directories, or null when the block cannot be read.</summary>
    public static IReadOnlyList<MetadataExtractor.Directory>? TryRead(byte[] exif)
    {
        var tiff = exif.AsSpan().StartsWith(Preamble) ? exif[Preamble.Length..] : exif;
        try
        {
            return new ExifReader().Extract(new ByteArrayReader(tiff));
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            return null; // The library lets several kinds of exception out on hostile bytes; all of them mean the same here.
        }
    }

    /// <summary>A TC260 label in the user comment, which the standard allows.</summary>
    public static string? Tc260Comment(IReadOnlyList<MetadataExtractor.Directory>? directories) => directories?
        .OfType<ExifSubIfdDirectory>()
        .Select(directory => directory.GetDescription(ExifDirectoryBase.TagUserComment))
        .FirstOrDefault(text => text?.Contains("\"ContentProducer\"", StringComparison.Ordinal) == true);
}
