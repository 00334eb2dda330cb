using System.Text;
using DctNet.Core.Imaging;

namespace DctNet.Core.Provenance;

/// <summary>The three texts of an EXIF block, or of a TIFF file, that are of use here.</summary>
/// <remarks>
/// Read here: a library that reads every tag takes gigabytes where thousands of tags name the same megabyte, and goes into packets of XMP
/// nested as deep as somebody likes.
/// </remarks>
internal sealed record ExifBlock
{
    private const int ArtistTag = 0x013B;
    private const int CopyrightTag = 0x8298;
    private const int ExifDirectoryTag = 0x8769;
    private const int UserCommentTag = 0x9286;

    /// <summary>Before the text of a user comment (EXIF 2.32, table 9).</summary>
    private const int CharacterCodeBytes = 8;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Preamble => "Exif\0\0"u8;

    /// <summary>The copyright; the photographer's and the editor's, where it names both.</summary>
    public string? Copyright { get; private init; }

    public string? Artist { get; private init; }

    /// <summary>A TC260 label in the user comment, which the standard allows.</summary>
    public string? Tc260Comment { get; private init; }

    /// <summary>Reads; what is damaged or not there is null.</summary>
    public static ExifBlock Read(ReadOnlySpan<byte> block)
    {
        var tiff = block.StartsWith(Preamble) ? block[Preamble.Length..] : block;
        if (tiff.Length < 16 || !(tiff.StartsWith("II"u8) || tiff.StartsWith("MM"u8)))
        {
            return new ExifBlock();
        }

        var reader = new Tiff(tiff);
        var main = reader.Number(reader.IsBig ? 8ul : 4, reader.OffsetBytes);
        var comment = reader.Offset(main, ExifDirectoryTag) is { } directory ? Comment(reader.Text(directory, UserCommentTag)) : null;
        return new ExifBlock
        {
            Copyright = Text(reader.Text(main, CopyrightTag)),
            Artist = Text(reader.Text(main, ArtistTag)),
            Tc260Comment = comment?.Contains("\"ContentProducer\"", StringComparison.Ordinal) == true ? comment : null,
        };
    }

    /// <summary>Parts that end with NUL; blank ones stand for nobody.</summary>
    private static string? Text(ReadOnlySpan<byte> value)
    {
        var parts = Decode(value).Split('\0', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0 ? string.Join("; ", parts) : null;
    }

    private static string? Comment(ReadOnlySpan<byte> value)
    {
        if (value.Length <= CharacterCodeBytes)
        {
            return null;
        }

        var text = value[CharacterCodeBytes..];
        var decoded = value.StartsWith("UNICODE\0"u8)
            ? (text[0] == 0 ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(text) // JSON begins with ASCII.
            : Decode(value[0] == (byte)'{' ? value : text); // Some leave the code out.
        return decoded.Trim('\0', ' ');
    }

    /// <summary>EXIF says ASCII, and UTF-8 since 3.0; many write what their system had.</summary>
    private static string Decode(ReadOnlySpan<byte> text)
    {
        try
        {
            return s_utf8.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(text);
        }
    }

    /// <summary>TIFF 6.0 and BigTIFF. Offsets are the file's word and lead anywhere; nothing is read beyond the end.</summary>
    private readonly ref struct Tiff(ReadOnlySpan<byte> bytes)
    {
        private const int MaxEntries = ushort.MaxValue;

        private readonly ReadOnlySpan<byte> _bytes = bytes;

        private bool IsLittle => _bytes[0] == (byte)'I';

        public bool IsBig => _bytes[IsLittle ? 2 : 3] == 43;

        public int OffsetBytes => IsBig ? 8 : 4;

        /// <summary>An unsigned number, or 0 where the file has ended.</summary>
        public ulong Number(ulong at, int length)
        {
            var value = 0ul;
            var from = Slice(at, (ulong)length);
            for (var i = 0; i < from.Length; i++)
            {
                value = (value << 8) | from[IsLittle ? from.Length - 1 - i : i];
            }

            return value;
        }

        /// <summary>A tag's value of BYTE, ASCII, UNDEFINED or UTF-8, no longer than a metadata block; empty where there is none.</summary>
        public ReadOnlySpan<byte> Text(ulong directory, int tag)
        {
            if (Entry(directory, tag) is not { } entry || Number(entry + 2, 2) is not (1 or 2 or 7 or 129))
            {
                return [];
            }

            var (length, place) = (Number(entry + 4, OffsetBytes), entry + 4 + (ulong)OffsetBytes);
            return Slice(length <= (ulong)OffsetBytes ? place : Number(place, OffsetBytes), Math.Min(length, SourceMetadata.MaxBlockBytes));
        }

        /// <summary>A tag's value of LONG, IFD, LONG8 or IFD8; null where there is none.</summary>
        public ulong? Offset(ulong directory, int tag)
        {
            if (Entry(directory, tag) is not { } entry)
            {
                return null;
            }

            var place = entry + 4 + (ulong)OffsetBytes;
            return Number(entry + 2, 2) switch
            {
                4 or 13 => Number(place, 4),
                16 or 18 => Number(place, 8),
                _ => null,
            };
        }

        private ulong? Entry(ulong directory, int tag)
        {
            var (countBytes, entryBytes) = IsBig ? (8, 20) : (2, 12);
            var count = Math.Min(Number(directory, countBytes), MaxEntries);
            for (var i = 0ul; i < count; i++)
            {
                var entry = directory + (ulong)countBytes + (i * (ulong)entryBytes);
                if (Number(entry, 2) == (ulong)tag)
                {
                    return entry;
                }
            }

            return null;
        }

        private ReadOnlySpan<byte> Slice(ulong at, ulong length) =>
            at <= (ulong)_bytes.Length && length <= (ulong)_bytes.Length - at ? _bytes.Slice((int)at, (int)length) : [];
    }
}
