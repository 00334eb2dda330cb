using System.Xml.Linq;

namespace DctNet.Core.Provenance;

/// <summary>XML namespaces of the properties that are read and written.</summary>
internal static class XmpNames
{
    public static readonly XNamespace Meta = "adobe:ns:meta/";
    public static readonly XNamespace Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    public static readonly XNamespace Basic = "http://ns.adobe.com/xap/1.0/";
    public static readonly XNamespace MediaManagement = "http://ns.adobe.com/xap/1.0/mm/";
    public static readonly XNamespace Rights = "http://ns.adobe.com/xap/1.0/rights/";
    public static readonly XNamespace ResourceEvent = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#";
    public static readonly XNamespace ResourceRef = "http://ns.adobe.com/xap/1.0/sType/ResourceRef#";
    public static readonly XNamespace DublinCore = "http://purl.org/dc/elements/1.1/";
    public static readonly XNamespace Photoshop = "http://ns.adobe.com/photoshop/1.0/";
    public static readonly XNamespace IptcExtension = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
    public static readonly XNamespace Tc260 = "http://www.tc260.org.cn/ns/AIGC/1.0/";
}
