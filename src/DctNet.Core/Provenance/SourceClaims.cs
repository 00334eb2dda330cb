using System.Text;
using DctNet.Core.Imaging;
using MetadataExtractor;
using MetadataExtractor.Formats.Iptc;

namespace DctNet.Core.Provenance;

/// <summary>
/// What survives of the source's metadata: its copyright and its own AI labels. Everything else (GPS, serial numbers, camera, software,
/// dates, thumbnails, maker notes) is dropped, because only these fields are ever read.
/// </summary>
public sealed record SourceClaims
{
    /// <summary>
    /// A longer text is cut, UTF-16 characters. With <see cref="MaxCreators"/> it keeps the worst packet (21 texts of five bytes a
    /// character) within one JPEG segment.
    /// </summary>
    public const int MaxTextChars = 500;

    /// <summary>Creators beyond this are dropped.</summary>
    public const int MaxCreators = 10;

    /// <summary><c>dc:rights</c> (its default language), else the EXIF Copyright tag, IPTC-IIM's 2:116 or PNG's Copyright.</summary>
    public string? Rights { get; init; }

    /// <summary><c>dc:creator</c>, else the EXIF Artist tag, IPTC-IIM's 2:80 or PNG's Author.</summary>
    public IReadOnlyList<string> Creators { get; init; } = [];

    /// <summary><c>photoshop:Credit</c>, else IPTC-IIM's 2:110.</summary>
    public string? Credit { get; init; }

    /// <summary><c>xmpRights:UsageTerms</c> (its default language).</summary>
    public string? UsageTerms { get; init; }

    /// <summary><c>xmpRights:WebStatement</c>.</summary>
    public string? WebStatement { get; init; }

    /// <summary><c>xmpRights:Marked</c>: True or False.</summary>
    public string? Marked { get; init; }

    /// <summary><c>xmpMM:InstanceID</c> of the source.</summary>
    public string? InstanceId { get; init; }

    /// <summary><c>xmpMM:DocumentID</c> of the source.</summary>
    public string? DocumentId { get; init; }

    /// <summary><c>Iptc4xmpExt:DigitalSourceType</c> of the source.</summary>
    public string? DigitalSourceType { get; init; }

    /// <summary><c>Iptc4xmpExt:AISystemUsed</c> of the source.</summary>
    public string? AiSystemUsed { get; init; }

    /// <summary><c>Iptc4xmpExt:AISystemVersionUsed</c> of the source.</summary>
    public string? AiSystemVersionUsed { get; init; }

    /// <summary>The source's own TC260 text: <c>TC260:AIGC</c>, or what stands in its place in EXIF and PNG.</summary>
    public string? Tc260Json { get; init; }

    public static SourceClaims None { get; } = new();

    /// <summary>Reads the claims; unreadable metadata gives fewer claims, never an exception.</summary>
    public static SourceClaims Read(SourceMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var xmp = metadata.Xmp is { } packet ? XmpDocument.TryParse(packet) : null;
        var exif = metadata.Exif is { } block ? ExifBlock.Read(block.Span) : null;
        var iptc = metadata.Iptc is { } sets ? IptcBlock.TryRead(sets) : null;
        return new SourceClaims
        {
            Rights = First(
                xmp?.Get(XmpNames.DublinCore + "rights"),
                exif?.Copyright,
                iptc?.GetString(IptcDirectory.TagCopyrightNotice),
                metadata.Texts.GetValueOrDefault("Copyright")),
            Creators = FirstList(
                xmp?.GetItems(XmpNames.DublinCore + "creator"),
                [exif?.Artist],
                iptc?.GetStringArray(IptcDirectory.TagByLine),
                [metadata.Texts.GetValueOrDefault("Author")]),
            Credit = First(xmp?.Get(XmpNames.Photoshop + "Credit"), iptc?.GetString(IptcDirectory.TagCredit)),
            UsageTerms = Clean(xmp?.Get(XmpNames.Rights + "UsageTerms")),
            WebStatement = Clean(xmp?.Get(XmpNames.Rights + "WebStatement")),
            Marked = Clean(xmp?.Get(XmpNames.Rights + "Marked")),
            InstanceId = Clean(xmp?.Get(XmpNames.MediaManagement + "InstanceID")),
            DocumentId = Clean(xmp?.Get(XmpNames.MediaManagement + "DocumentID")),
            DigitalSourceType = Clean(xmp?.Get(XmpNames.IptcExtension + "DigitalSourceType")),
            AiSystemUsed = Clean(xmp?.Get(XmpNames.IptcExtension + "AISystemUsed")),
            AiSystemVersionUsed = Clean(xmp?.Get(XmpNames.IptcExtension + "AISystemVersionUsed")),
            Tc260Json = First(xmp?.Get(XmpNames.Tc260 + "AIGC"), exif?.Tc260Comment, metadata.Texts.GetValueOrDefault(Tc260Label.PngKeyword)),
        };
    }

    // A field that is there and empty does not stand in the way of the same claim elsewhere.
    private static string? First(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (Clean(text) is { } cleaned)
            {
                return cleaned;
            }
        }

        return null;
    }

    private static List<string> FirstList(params ReadOnlySpan<IReadOnlyList<string?>?> lists)
    {
        foreach (var list in lists)
        {
            if (list is not null && list.Select(Clean).OfType<string>().Take(MaxCreators).ToList() is { Count: > 0 } cleaned)
            {
                return cleaned;
            }
        }

        return [];
    }

    /// <summary>Trims, drops characters that XML cannot hold and cuts to <see cref="MaxTextChars"/>; null when nothing is left.</summary>
    private static string? Clean(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var kept = new StringBuilder();
        foreach (var rune in text.Trim().EnumerateRunes())
        {
            if (kept.Length + rune.Utf16SequenceLength > MaxTextChars)
            {
                break;
            }

            if (rune.Value is '\t' or '\n' or (>= ' ' and < 0xFFFE) or > 0xFFFF)
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.Length == 0 ? null : kept.ToString();
    }
}
