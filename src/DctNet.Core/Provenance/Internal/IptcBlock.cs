using System.Buffers.Binary;
using MetadataExtractor.Formats.Iptc;

namespace DctNet.Core.Provenance;

/// <summary>Reads a raw block of IPTC-IIM, where photos from before XMP have their copyright.</summary>
internal static class IptcBlock
{
    private const int IptcResource = 0x0404;

    private static ReadOnlySpan<byte> Preamble => "Photoshop 3.0\0"u8;

    /// <summary>The data sets, or null when the block cannot be read.</summary>
    /// <param name="block">The data sets, or Photoshop's image resources with them, as JPEG has them.</param>
    public static IptcDirectory? TryRead(byte[] block)
    {
        try
        {
            var sets = block.AsSpan().StartsWith(Preamble) ? Resource(block.AsSpan(Preamble.Length)) : block;
            return new IptcReader().Extract(new BoundedReader(sets), sets.Length);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            return null; // The library lets several kinds of exception out on hostile bytes; all of them mean the same here.
        }
    }

    /// <summary>
    /// Walked here: the library's reader would go into the other resources too, of which XMP may be nested deeper than its parser's stack is.
    /// </summary>
    private static byte[] Resource(ReadOnlySpan<byte> rest)
    {
        while (rest.StartsWith("8BIM"u8))
        {
            var id = BinaryPrimitives.ReadUInt16BigEndian(rest[4..]);
            rest = rest[(6 + Even(1 + rest[6]))..]; // The name: its length, its characters.
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            if (id == IptcResource)
            {
                return rest.Slice(4, length).ToArray();
            }

            rest = rest[Math.Min(rest.Length, checked(4 + Even(length)))..];
        }

        return [];

        static int Even(int length) => length + (length & 1);
    }
}
