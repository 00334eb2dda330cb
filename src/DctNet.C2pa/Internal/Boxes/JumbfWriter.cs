using System.Buffers.Binary;
using System.Text;

namespace DctNet.C2pa.Internal.Boxes;

/// <summary>Writes boxes of ISO 19566-5. Manifests are a few KB, so nesting by copying costs nothing worth a buffer scheme.</summary>
internal static class JumbfWriter
{
    /// <summary>Requestable, with a label: what C2PA asks of every superbox.</summary>
    private const byte Toggles = 0x03;

    /// <summary>A superbox with its description and these boxes in it.</summary>
    public static byte[] Superbox(uint contentType, string label, params IReadOnlyList<ReadOnlyMemory<byte>> children)
    {
        var name = Encoding.UTF8.GetBytes(label);
        var description = new byte[16 + 1 + name.Length + 1];
        BinaryPrimitives.WriteUInt32BigEndian(description, contentType);
        BoxTypes.UuidTail.CopyTo(description.AsSpan(4));
        description[16] = Toggles;
        name.CopyTo(description, 17);
        return Box(BoxTypes.Superbox, [Box(BoxTypes.Description, [description]), .. children]);
    }

    /// <summary>A superbox around one CBOR box.</summary>
    public static byte[] Cbor(uint contentType, string label, ReadOnlyMemory<byte> cbor) =>
        Superbox(contentType, label, [Box(BoxTypes.Cbor, [cbor])]);

    public static byte[] Box(uint type, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var box = new byte[8 + parts.Sum(part => part.Length)];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        BinaryPrimitives.WriteUInt32BigEndian(box.AsSpan(4), type);
        var at = 8;
        foreach (var part in parts)
        {
            part.Span.CopyTo(box.AsSpan(at));
            at += part.Length;
        }

        return box;
    }
}
