using System.Buffers.Binary;

namespace DctNet.Core.Imaging;

/// <summary>
/// Reads the declared size, and the marks of animation, from the container itself. It runs before any decoder sees the bytes, so that a
/// file that declares an absurd size is refused for that reason and costs nothing.
/// </summary>
internal static class HeaderScan
{
    /// <summary>Boxes, chunks, segments or entries looked at before a file counts as damaged.</summary>
    private const int MaxSteps = 65_536;

    /// <summary>
    /// Scans of a JPEG. Encoders make about ten; a decoder goes through all pixels for each, and one takes a few dozen bytes. 500 is what
    /// libjpeg-turbo's own fuzzers allow.
    /// </summary>
    private const int MaxScans = 500;

    /// <summary>Finds the declared size. False when the header ends early or makes no sense.</summary>
    public static bool TryRead(ImageFormat format, ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        size = default;
        return format switch
        {
            ImageFormat.Jpeg => TryReadJpeg(bytes, out size),
            ImageFormat.Png => TryReadPng(bytes, out size),
            ImageFormat.WebP => TryReadWebP(bytes, out size),
            ImageFormat.Gif => TryReadGif(bytes, out size),
            ImageFormat.Tiff => TryReadTiff(bytes, out size),
            ImageFormat.Avif => TryReadAvif(bytes, out size),
            _ => false,
        };
    }

    /// <summary>ITU-T T.81 B.2.2: the first start-of-frame segment. False also where there are too many scans behind it.</summary>
    private static bool TryReadJpeg(ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        size = default;
        var at = 2;
        for (var step = 0; step < MaxSteps && at + 4 <= bytes.Length; step++)
        {
            if (bytes[at] != 0xFF)
            {
                at++; // Decoders skip stray bytes between segments.
                continue;
            }

            var marker = bytes[at + 1];
            if (marker is 0xFF)
            {
                at++;
                continue;
            }

            if (marker is 0x00 or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                at += 2;
                continue;
            }

            if (marker is 0xD9 or 0xDA)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                if (at + 9 > bytes.Length)
                {
                    return false;
                }

                size = new DeclaredSize(
                    BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 7)..]),
                    BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 5)..]),
                    false);
                return CountScans(bytes[Math.Min(bytes.Length, at + 2 + length)..]) <= MaxScans;
            }

            at += 2 + Math.Max((int)length, 2);
        }

        return false;
    }

    /// <summary>Scans up to the end of the image (T.81 B.1.1.3), no further than one beyond the limit. In a scan's own data 0xFF never stands before a marker's code.</summary>
    private static int CountScans(ReadOnlySpan<byte> bytes)
    {
        var scans = 0;
        while (scans <= MaxScans && bytes.IndexOf((byte)0xFF) is var at and >= 0 && at + 2 <= bytes.Length)
        {
            var marker = bytes[at + 1];
            if (marker is 0xD9)
            {
                break;
            }

            bytes = bytes[(at + (marker is 0xFF ? 1 : 2))..];
            if (marker is not (0x00 or 0x01 or 0xFF or (>= 0xD0 and <= 0xD8)))
            {
                scans += marker is 0xDA ? 1 : 0;
                bytes = bytes[Math.Min(bytes.Length, bytes.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bytes))..];
            }
        }

        return scans;
    }

    /// <summary>PNG: IHDR, and an APNG's acTL chunk, which must come before the first IDAT.</summary>
    private static bool TryReadPng(ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        size = default;
        if (bytes.Length < 33 || !bytes.Slice(12, 4).SequenceEqual("IHDR"u8))
        {
            return false;
        }

        var animated = false;
        long at = 8;
        for (var step = 0; step < MaxSteps && at + 8 <= bytes.Length; step++)
        {
            var chunk = bytes[(int)at..];
            var type = chunk.Slice(4, 4);
            if (type.SequenceEqual("IDAT"u8))
            {
                break;
            }

            // An acTL that declares one frame is a still picture.
            animated |= type.SequenceEqual("acTL"u8) && chunk.Length >= 12 && BinaryPrimitives.ReadUInt32BigEndian(chunk[8..]) != 1;
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }

        size = new DeclaredSize(
            BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]), animated);
        return true;
    }

    /// <summary>WebP container specification: VP8X (14-bit canvas), VP8L and VP8 headers.</summary>
    private static bool TryReadWebP(ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        size = default;
        if (bytes.Length < 30)
        {
            return false;
        }

        var kind = bytes.Slice(12, 4);
        if (kind.SequenceEqual("VP8X"u8))
        {
            var width = 1 + (bytes[24] | (bytes[25] << 8) | (bytes[26] << 16));
            var height = 1 + (bytes[27] | (bytes[28] << 8) | (bytes[29] << 16));
            size = new DeclaredSize(width, height, false); // An animation may have one frame; the decoder counts.
            return true;
        }

        if (kind.SequenceEqual("VP8L"u8))
        {
            var packed = BinaryPrimitives.ReadUInt32LittleEndian(bytes[21..]);
            size = new DeclaredSize(1 + (packed & 0x3FFF), 1 + ((packed >> 14) & 0x3FFF), false);
            return bytes[20] == 0x2F;
        }

        size = new DeclaredSize(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[26..]) & 0x3FFF,
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]) & 0x3FFF,
            false);
        return kind.SequenceEqual("VP8 "u8);
    }

    /// <summary>GIF: the logical screen. Frames are counted by the decoder's own scan, which decodes none.</summary>
    private static bool TryReadGif(ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        size = default;
        if (bytes.Length < 13)
        {
            return false;
        }

        size = new DeclaredSize(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]), false);
        return true;
    }

    /// <summary>TIFF 6.0 and BigTIFF: tags 256 and 257 of the first directory. Pages are counted by the decoder.</summary>
    private static bool TryReadTiff(ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        size = default;
        if (bytes.Length < 16)
        {
            return false;
        }

        var little = bytes[0] == (byte)'I';
        var big = (little ? bytes[2] : bytes[3]) == 43;
        var directory = big ? ReadUInt(bytes, 8, 8, little) : ReadUInt(bytes, 4, 4, little);
        var countBytes = big ? 8 : 2;
        var entryBytes = big ? 20 : 12;
        if (directory > (ulong)(bytes.Length - countBytes))
        {
            return false;
        }

        var at = (int)directory;
        var count = Math.Min(ReadUInt(bytes, at, countBytes, little), MaxSteps);
        at += countBytes;
        ulong width = 0;
        ulong height = 0;
        for (ulong i = 0; i < count && at + entryBytes <= bytes.Length; i++, at += entryBytes)
        {
            var tag = ReadUInt(bytes, at, 2, little);
            var valueBytes = ReadUInt(bytes, at + 2, 2, little) switch { 1 => 1, 3 => 2, 4 => 4, 16 => 8, _ => 0 };
            if (tag is 256 or 257 && valueBytes > 0 && valueBytes <= (big ? 8 : 4))
            {
                var value = ReadUInt(bytes, at + (big ? 12 : 8), valueBytes, little);
                (width, height) = tag == 256 ? (value, height) : (width, value);
            }
        }

        size = new DeclaredSize((long)Math.Min(width, uint.MaxValue), (long)Math.Min(height, uint.MaxValue), false);
        return true;
    }

    /// <summary>
    /// AVIF (ISO/IEC 23008-12): the largest image spatial extent among the item properties. A sequence has a <c>moov</c> box and the major
    /// brand <c>avis</c>.
    /// </summary>
    private static bool TryReadAvif(ReadOnlySpan<byte> bytes, out DeclaredSize size)
    {
        long width = 0;
        long height = 0;
        var movie = false;
        ScanBoxes(bytes, 0, ref width, ref height, ref movie);
        size = new DeclaredSize(width, height, movie && bytes.Slice(8, 4).SequenceEqual("avis"u8));
        return width > 0 && height > 0;
    }

    private static void ScanBoxes(ReadOnlySpan<byte> bytes, int depth, ref long width, ref long height, ref bool movie)
    {
        for (var step = 0; step < MaxSteps && bytes.Length >= 8; step++)
        {
            ulong length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            var header = 8;
            if (length == 1 && bytes.Length >= 16)
            {
                length = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
                header = 16;
            }
            else if (length == 0)
            {
                length = (ulong)bytes.Length;
            }

            if (length < (ulong)header)
            {
                return;
            }

            var end = (int)Math.Min(length, (ulong)bytes.Length);
            var type = bytes.Slice(4, 4);
            var body = bytes[Math.Min(header, end)..end];
            movie |= depth == 0 && type.SequenceEqual("moov"u8);
            if (type.SequenceEqual("ispe"u8) && body.Length >= 12)
            {
                width = Math.Max(width, BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
                height = Math.Max(height, BinaryPrimitives.ReadUInt32BigEndian(body[8..]));
            }
            else if (depth == 0 && type.SequenceEqual("meta"u8) && body.Length > 4)
            {
                ScanBoxes(body[4..], 1, ref width, ref height, ref movie);
            }
            else if ((depth == 1 && type.SequenceEqual("iprp"u8)) || (depth == 2 && type.SequenceEqual("ipco"u8)))
            {
                ScanBoxes(body, depth + 1, ref width, ref height, ref movie);
            }

            bytes = bytes[end..];
        }
    }

    private static ulong ReadUInt(ReadOnlySpan<byte> bytes, int at, int length, bool little)
    {
        ulong value = 0;
        for (var i = 0; i < length; i++)
        {
            value |= (ulong)bytes[at + i] << (8 * (little ? i : length - 1 - i));
        }

        return value;
    }
}
