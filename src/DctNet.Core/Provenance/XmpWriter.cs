using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace DctNet.Core.Provenance;

/// <summary>Writes the label as an XMP packet (ISO 16684-1).</summary>
public static class XmpWriter
{
    /// <summary>Marks an XMP packet; fixed by ISO 16684-1, 7.3.2.</summary>
    private const string PacketId = "W5M0MpCehiHzreSzNTczkc9d";

    /// <summary>
    /// A UTF-8 packet with the label and, of the source, its copyright fields as they were. The source's own AI labels go into the
    /// history (<c>xmpMM:History</c>, action "derived"), and its ids into <c>xmpMM:DerivedFrom</c>, so that they neither contradict the
    /// output's own labels nor get lost.
    /// </summary>
    public static byte[] Write(AiLabel label, SourceClaims? source = null)
    {
        ArgumentNullException.ThrowIfNull(label);
        source ??= SourceClaims.None;
        var description = new XElement(
            XmpNames.Rdf + "Description",
            new XAttribute(XmpNames.Rdf + "about", ""),
            Text(XmpNames.IptcExtension + "DigitalSourceType", label.DigitalSourceType),
            Text(XmpNames.IptcExtension + "AISystemUsed", label.AiSystemUsed),
            Text(XmpNames.IptcExtension + "AISystemVersionUsed", label.AiSystemVersionUsed),
            Text(XmpNames.Tc260 + "AIGC", label.Tc260?.ToJson()),
            Text(XmpNames.Basic + "CreatorTool", label.CreatorTool),
            Text(XmpNames.Basic + "CreateDate", Date(label.CreateDate)),
            Text(XmpNames.Basic + "ModifyDate", Date(label.CreateDate)),
            Text(XmpNames.MediaManagement + "InstanceID", label.InstanceId),
            DerivedFrom(source),
            History(label, source),
            Array(XmpNames.DublinCore + "publisher", "Bag", Listed(label.Provider)),
            Array(XmpNames.DublinCore + "rights", "Alt", Listed(source.Rights)),
            Array(XmpNames.DublinCore + "creator", "Seq", source.Creators),
            Text(XmpNames.Photoshop + "Credit", source.Credit),
            Text(XmpNames.Rights + "Marked", source.Marked),
            Text(XmpNames.Rights + "WebStatement", source.WebStatement),
            Array(XmpNames.Rights + "UsageTerms", "Alt", Listed(source.UsageTerms)));
        foreach (var (prefix, space) in Prefixes(description))
        {
            description.Add(new XAttribute(XNamespace.Xmlns + prefix, space.NamespaceName));
        }

        var root = new XElement(
            XmpNames.Meta + "xmpmeta",
            new XAttribute(XNamespace.Xmlns + "x", XmpNames.Meta.NamespaceName),
            new XElement(XmpNames.Rdf + "RDF", new XAttribute(XNamespace.Xmlns + "rdf", XmpNames.Rdf.NamespaceName), description));
        return Serialize(root);
    }

    private static byte[] Serialize(XElement root)
    {
        using var stream = new MemoryStream(4096);
        var settings = new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            OmitXmlDeclaration = true,
            Indent = true,
            NewLineChars = "\n",
        };
        using (var writer = XmlWriter.Create(stream, settings))
        {
            writer.WriteProcessingInstruction("xpacket", $"begin=\"\uFEFF\" id=\"{PacketId}\"");
            root.WriteTo(writer);
            writer.WriteProcessingInstruction("xpacket", "end=\"w\"");
        }

        return stream.ToArray();
    }

    private static XElement? Text(XName name, string? value) => value is null ? null : new XElement(name, value);

    private static IReadOnlyList<string> Listed(string? value) => value is null ? [] : [value];

    private static XElement? Array(XName name, string kind, IReadOnlyList<string> items)
    {
        return items.Count == 0 ? null : new XElement(name, new XElement(XmpNames.Rdf + kind, items.Select(Item)));

        XElement Item(string value) => new(
            XmpNames.Rdf + "li", kind == "Alt" ? new XAttribute(XNamespace.Xml + "lang", "x-default") : null, value);
    }

    private static XElement? DerivedFrom(SourceClaims source) => source is { InstanceId: null, DocumentId: null }
        ? null
        : new XElement(
            XmpNames.MediaManagement + "DerivedFrom",
            new XAttribute(XmpNames.Rdf + "parseType", "Resource"),
            Text(XmpNames.ResourceRef + "instanceID", source.InstanceId),
            Text(XmpNames.ResourceRef + "documentID", source.DocumentId));

    private static XElement? History(AiLabel label, SourceClaims source)
    {
        List<string> claims = [];
        Add("DigitalSourceType", source.DigitalSourceType);
        Add("AISystemUsed", source.AiSystemUsed);
        Add("AISystemVersionUsed", source.AiSystemVersionUsed);
        Add("AIGC", source.Tc260Json);
        if (claims.Count == 0)
        {
            return null;
        }

        var derived = new XElement(
            XmpNames.Rdf + "li",
            new XAttribute(XmpNames.Rdf + "parseType", "Resource"),
            Text(XmpNames.ResourceEvent + "action", "derived"),
            Text(XmpNames.ResourceEvent + "parameters", $"source labels: {string.Join("; ", claims)}"),
            Text(XmpNames.ResourceEvent + "softwareAgent", label.CreatorTool ?? label.AiSystemUsed),
            Text(XmpNames.ResourceEvent + "when", Date(label.CreateDate)));
        return new XElement(XmpNames.MediaManagement + "History", new XElement(XmpNames.Rdf + "Seq", derived));

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                claims.Add($"{name}={value}");
            }
        }
    }

    /// <summary>The customary prefixes of the namespaces in use; unused ones are not declared.</summary>
    private static IEnumerable<(string Prefix, XNamespace Space)> Prefixes(XElement description)
    {
        (string Prefix, XNamespace Space)[] known =
        [
            ("Iptc4xmpExt", XmpNames.IptcExtension),
            ("TC260", XmpNames.Tc260),
            ("xmp", XmpNames.Basic),
            ("xmpMM", XmpNames.MediaManagement),
            ("xmpRights", XmpNames.Rights),
            ("stEvt", XmpNames.ResourceEvent),
            ("stRef", XmpNames.ResourceRef),
            ("dc", XmpNames.DublinCore),
            ("photoshop", XmpNames.Photoshop),
        ];
        var used = description.Descendants().Select(element => element.Name.Namespace).ToHashSet();
        return known.Where(entry => used.Contains(entry.Space));
    }

    private static string Date(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
}
