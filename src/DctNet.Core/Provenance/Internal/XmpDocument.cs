using System.Xml;
using System.Xml.Linq;
using DctNet.Core.Imaging;

namespace DctNet.Core.Provenance;

/// <summary>
/// A parsed XMP packet of unknown origin. No DTD, no entities, no external references; size and depth are bounded.
/// </summary>
internal sealed class XmpDocument
{
    /// <summary>Elements inside elements. Real packets stay under ten.</summary>
    private const int MaxDepth = 64;

    private readonly List<XElement> _descriptions;

    private XmpDocument(List<XElement> descriptions) => _descriptions = descriptions;

    private static XmlReaderSettings Settings => new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = SourceMetadata.MaxBlockBytes,
        MaxCharactersFromEntities = 1,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    /// <summary>Null when the packet is no well-formed, bounded XML.</summary>
    public static XmpDocument? TryParse(ReadOnlyMemory<byte> packet)
    {
        var bytes = packet.Span.TrimEnd((byte)0).ToArray();
        if (bytes.Length is 0 or > SourceMetadata.MaxBlockBytes)
        {
            return null;
        }

        try
        {
            if (IsTooDeep(bytes))
            {
                return null;
            }

            using var reader = XmlReader.Create(new MemoryStream(bytes), Settings);
            var root = XDocument.Load(reader).Root!;
            return new XmpDocument([.. root.DescendantsAndSelf(XmpNames.Rdf + "RDF").Elements(XmpNames.Rdf + "Description")]);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>The value of a property: an attribute, a text, a resource, or the first item of an array (the default language).</summary>
    public string? Get(XName name)
    {
        foreach (var description in _descriptions)
        {
            if (description.Attribute(name) is { } attribute)
            {
                return attribute.Value;
            }

            if (description.Element(name) is { } element)
            {
                return element.Attribute(XmpNames.Rdf + "resource")?.Value
                    ?? (Items(element) is { Count: > 0 } items ? items[0] : element.Value);
            }
        }

        return null;
    }

    /// <summary>How often a property occurs.</summary>
    public int Count(XName name) =>
        _descriptions.Sum(description => (description.Attribute(name) is null ? 0 : 1) + description.Elements(name).Count());

    /// <summary>The items of an array property, or its single value.</summary>
    public IReadOnlyList<string> GetItems(XName name)
    {
        var element = _descriptions.Elements(name).FirstOrDefault();
        var items = element is null ? [] : Items(element);
        return items.Count > 0 ? items : Get(name) is { } single ? [single] : [];
    }

    private static List<string> Items(XElement property)
    {
        var array = property.Elements().FirstOrDefault(
            child => child.Name.Namespace == XmpNames.Rdf && child.Name.LocalName is "Alt" or "Seq" or "Bag");
        var items = array?.Elements(XmpNames.Rdf + "li").ToList() ?? [];
        return [.. items.OrderByDescending(IsDefault).Select(item => item.Value)];

        static bool IsDefault(XElement item) => (string?)item.Attribute(XNamespace.Xml + "lang") == "x-default";
    }

    private static bool IsTooDeep(byte[] bytes)
    {
        using var reader = XmlReader.Create(new MemoryStream(bytes), Settings);
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth)
            {
                return true;
            }
        }

        return false;
    }
}
