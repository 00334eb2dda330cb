using System.Formats.Cbor;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>Shorthand for maps with text keys. The writer is canonical, so the order of entries in code does not matter.</summary>
internal static class CborWriting
{
    public static byte[] Encode(Action<CborWriter> write)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical, convertIndefiniteLengthEncodings: true);
        write(writer);
        return writer.Encode();
    }

    public static void Map(this CborWriter writer, Action<CborWriter> entries)
    {
        writer.WriteStartMap(null);
        entries(writer);
        writer.WriteEndMap();
    }

    public static void Map(this CborWriter writer, string key, Action<CborWriter> entries)
    {
        writer.WriteTextString(key);
        writer.Map(entries);
    }

    public static void Array<T>(this CborWriter writer, string key, IEnumerable<T> items, Action<CborWriter, T> write)
    {
        writer.WriteTextString(key);
        writer.WriteStartArray(null);
        foreach (var item in items)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }

    /// <summary>An entry of text; none where there is none.</summary>
    public static void Text(this CborWriter writer, string key, string? value)
    {
        if (value is not null)
        {
            writer.WriteTextString(key);
            writer.WriteTextString(value);
        }
    }

    public static void Bytes(this CborWriter writer, string key, ReadOnlySpan<byte> value)
    {
        writer.WriteTextString(key);
        writer.WriteByteString(value);
    }

    public static void Integer(this CborWriter writer, string key, long value)
    {
        writer.WriteTextString(key);
        writer.WriteInt64(value);
    }

    public static void HashedUri(this CborWriter writer, HashedUri reference) => writer.Map(map =>
    {
        map.Text("url", reference.Url);
        map.Bytes("hash", reference.Hash.Span);
    });
}
