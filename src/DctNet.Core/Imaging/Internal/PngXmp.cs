using System.Buffers.Binary;

namespace DctNet.Core.Imaging;

/// <summary>
/// Puts an XMP packet into a PNG as its specification wants it: an uncompressed <c>iTXt</c> chunk before the pixels. (libvips writes a
/// compressed <c>zTXt</c>, which many readers of XMP do not look into.)
/// </summary>
internal static class PngXmp
{
    /// <summary>Signature and IHDR: the packet goes right behind them.</summary>
    private const int HeaderBytes = 33;

    /// <summary>Polynomial of ISO 3309 in reversed bit order (PNG, annex D).</summary>
    private const uint CrcPolynomial = 0xEDB88320;

    /// <summary>Chunk type, keyword, and the zeros for: no compression, method 0, no language, no translated keyword.</summary>
    private static ReadOnlySpan<byte> Prefix => "iTXtXML:com.adobe.xmp\0\0\0\0\0"u8;

    public static byte[] Insert(ReadOnlySpan<byte> png, ReadOnlySpan<byte> xmp)
    {
        var chunk = 4 + Prefix.Length + xmp.Length + 4;
        var output = new byte[png.Length + chunk];
        png[..HeaderBytes].CopyTo(output);
        var target = output.AsSpan(HeaderBytes, chunk);
        BinaryPrimitives.WriteInt32BigEndian(target, Prefix.Length - 4 + xmp.Length);
        Prefix.CopyTo(target[4..]);
        xmp.CopyTo(target[(4 + Prefix.Length)..]);
        BinaryPrimitives.WriteUInt32BigEndian(target[^4..], Crc32(target[4..^4]));
        png[HeaderBytes..].CopyTo(output.AsSpan(HeaderBytes + chunk));
        return output;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * CrcPolynomial);
            }
        }

        return ~crc;
    }
}
