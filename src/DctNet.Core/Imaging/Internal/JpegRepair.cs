using System.Buffers;
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

    /// <summary>The file without them; null where it has none, or no scan.</summary>
    public static byte[]? Repair(ReadOnlySpan<byte> file)
    {
        var result = new ArrayBufferWriter<byte>(file.Length);
        result.Write(file[..2]);
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

            var length = 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (marker is 0x01 or (>= 0xD0 and <= 0xD9) || length < 4 || at + length > file.Length)
            {
                return null;
            }

            var segment = result.GetSpan(length)[..length];
            file.Slice(at, length).CopyTo(segment);
            sequential |= marker is 0xC0 or 0xC1;
            changed |= marker == 0xE0 && Set(segment, 9, 1, segment[4..].StartsWith("JFIF\0"u8));
            if (marker == 0xDA)
            {
                var selection = length - 3;
                changed |= Set(segment, selection, 0, sequential) | Set(segment, selection + 1, LastCoefficient, sequential) | Set(segment, selection + 2, 0, sequential);
                result.Advance(length);
                result.Write(file[(at + length)..]);
                return changed ? result.WrittenSpan.ToArray() : null;
            }

            result.Advance(length);
            at += length;
        }

        return null;
    }

    private static bool Set(Span<byte> segment, int place, byte value, bool applies)
    {
        if (!applies || place >= segment.Length || segment[place] == value)
        {
            return false;
        }

        segment[place] = value;
        return true;
    }
}
