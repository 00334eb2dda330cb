using System.Text.Json;
using DctNet.Core.Imaging;

namespace DctNet.Core.Provenance;

/// <summary>Reads the labels of any JPEG, PNG, WebP or AVIF file, whoever wrote it. Decodes no pixels.</summary>
public static class LabelReader
{
    /// <summary>Longest TC260 text that is parsed, characters; the standard's fields need under 500.</summary>
    private const int MaxTc260Chars = 8192;

    /// <summary>Never throws on hostile bytes: what cannot be read is reported as <see cref="LayerState.Unreadable"/>.</summary>
    public static LabelReport Read(ReadOnlyMemory<byte> bytes, ImageFormat format)
    {
        var blocks = MetadataBlocks.Read(bytes, format);
        var (tc260, copies) = (blocks.Tc260Text, blocks.Tc260Count);
        XmpDocument? xmp = null;
        var state = blocks.Damaged ? LayerState.Unreadable : LayerState.Absent;
        if (blocks.Xmp is { } packet)
        {
            xmp = XmpDocument.TryParse(packet);
            state = xmp is null ? LayerState.Unreadable : LayerState.Present;
            tc260 = xmp?.Get(XmpNames.Tc260 + "AIGC") ?? tc260;
            copies += xmp?.Count(XmpNames.Tc260 + "AIGC") ?? 0;
        }

        return new LabelReport
        {
            Xmp = state,
            DigitalSourceType = xmp?.Get(XmpNames.IptcExtension + "DigitalSourceType"),
            AiSystemUsed = xmp?.Get(XmpNames.IptcExtension + "AISystemUsed"),
            AiSystemVersionUsed = xmp?.Get(XmpNames.IptcExtension + "AISystemVersionUsed"),
            InstanceId = xmp?.Get(XmpNames.MediaManagement + "InstanceID"),
            CreatorTool = xmp?.Get(XmpNames.Basic + "CreatorTool"),
            CreateDate = xmp?.Get(XmpNames.Basic + "CreateDate"),
            Tc260 = ReadTc260(tc260, copies),
        };
    }

    private static Tc260Report ReadTc260(string? text, int copies)
    {
        if (text is null)
        {
            return Tc260Report.Absent;
        }

        var report = new Tc260Report { State = LayerState.Unreadable, Copies = copies };
        if (text.Length > MaxTc260Chars)
        {
            return report;
        }

        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            return json.RootElement.ValueKind == JsonValueKind.Object && Field(json.RootElement, "Label") is { } label
                ? report with
                {
                    State = LayerState.Present,
                    Json = text,
                    Label = label,
                    ContentProducer = Field(json.RootElement, "ContentProducer"),
                    ProduceId = Field(json.RootElement, "ProduceID"),
                }
                : report;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            return report; // InvalidOperationException: a string with half a surrogate pair.
        }
    }

    private static string? Field(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
