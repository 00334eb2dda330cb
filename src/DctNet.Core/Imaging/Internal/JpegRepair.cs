using System.Buffers.Binary;

namespace DctNet.Core.Imaging;

/// <summary>
/// Puts right what cameras write beside the standard and every decoder reads all the same, with a warning: bytes between segments, a JFIF version
/// of the future, and in the scan of a sequential picture the spectral selection that only progressive ones have (ITU-T T.81, B.2.3).
/// </summary>
/// <remarks>libjpeg warns of these as it does of damage, and only the number of warnings is to be had; so they are taken out before it looks.</remarks>
internal static class JpegRepair
{
    private const int LastCoefficient = 63;

    /// <summary>The file without them, for which it is copied once; null where it has none, or no scan.</summary>
    public static ReadOnlyMemory<byte>? Repair(ReadOnlySpan<byte> file)
    {
        if (!TryCopy(file, [], out _))
        {
            return null;
        }

        var copy = new byte[file.Length];
        TryCopy(file, copy, out var length);
        return copy.AsMemory(0, length);
    }

    /// <param name="file">A file that begins as JPEG.</param>
    /// <param name="target">Where it is copied to, or empty only to look.</param>
    /// <param name="length">Bytes copied.</param>
    /// <returns>Whether there is something to put right, and a scan.</returns>
    private static bool TryCopy(ReadOnlySpan<byte> file, Span<byte> target, out int length)
    {
        length = 0;
        Copy(file[..2], target, ref length);
        var (at, changed, sequential) = (2, false, false);
        while (at + 4 <= file.Length)
        {
            var marker = file[at + 1];
            if (file[at] != 0xFF || marker is 0x00 or 0xFF)
            {
                // Before a marker there may be any number of 0xFF.
                changed |= file[at] != 0xFF || marker == 0;
                at += marker == 0 && file[at] == 0xFF ? 2 : 1;
                continue;
            }

            var size = 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (marker is 0x01 or (>= 0xD0 and <= 0xD9) || size < 4 || at + size > file.Length)
            {
                return false;
            }

            var segment = file.Slice(at, size);
            var copy = target.IsEmpty ? [] : target.Slice(length, size);
            Copy(segment, target, ref length);
            at += size;
            sequential |= marker is 0xC0 or 0xC1;
            if (marker == 0xE0 && segment[4..].StartsWith("JFIF\0"u8) && size > 9)
            {
                changed |= Set(segment, copy, 9, 1);
            }

            if (marker == 0xDA)
            {
                if (size < 5 || size != 8 + (2 * segment[4]))
                {
                    return false;
                }

                if (sequential)
                {
                    changed |= Set(segment, copy, size - 3, 0) | Set(segment, copy, size - 2, LastCoefficient) | Set(segment, copy, size - 1, 0);
                }

                Copy(file[at..], target, ref length);
                return changed;
            }
        }

        return false;
    }

    private static void Copy(ReadOnlySpan<byte> part, Span<byte> target, ref int length)
    {
        if (!target.IsEmpty)
        {
            part.CopyTo(target[length..]);
        }

        length += part.Length;
    }

    private static bool Set(ReadOnlySpan<byte> segment, Span<byte> copy, int place, byte value)
    {
        if (!copy.IsEmpty)
        {
            copy[place] = value;
        }

        return segment[place] != value;
    }
}
