using System.Formats.Cbor;

namespace DctNet.C2pa.Internal.Boxes;

/// <summary>A CBOR item read in full, with bounds. Asking it for what it is not gives null, so hostile shapes need no exception.</summary>
internal sealed class CborNode
{
    // Actions with parameters nest some six deep.
    private const int MaxDepth = 32;

    private readonly object? _value;

    private CborNode(object? value) => _value = value;

    /// <summary>The text of a text string.</summary>
    public string? Text => _value as string;

    /// <summary>The bytes of a byte string.</summary>
    public ReadOnlyMemory<byte>? Bytes => _value is byte[] bytes ? (ReadOnlyMemory<byte>?)bytes : null;

    /// <summary>An integer that fits in 64 signed bits.</summary>
    public long? Integer => _value as long?;

    /// <summary>The items of an array.</summary>
    public IReadOnlyList<CborNode>? Items => _value as List<CborNode>;

    /// <summary>The entries of a map by their text or integer keys; other keys are dropped.</summary>
    public IReadOnlyDictionary<object, CborNode>? Map => _value as Dictionary<object, CborNode>;

    /// <summary>A boolean.</summary>
    public bool? Boolean => _value as bool?;

    /// <summary>The value of a text key, or null where this is no map or has no such key.</summary>
    public CborNode? this[string key] => Map?.GetValueOrDefault(key);

    /// <summary>The value of an integer key, as COSE headers have.</summary>
    public CborNode? this[long key] => Map?.GetValueOrDefault(key);

    /// <summary>Reads one item that fills <paramref name="cbor"/>.</summary>
    /// <param name="cbor">The item.</param>
    /// <param name="budget">What the store that it is in may make; null for an item by itself.</param>
    /// <param name="isPadded">Whether anything may follow it.</param>
    /// <exception cref="MalformedException">It is no well-formed CBOR, has a key twice, or is beyond the bounds.</exception>
    public static CborNode Parse(ReadOnlyMemory<byte> cbor, CborBudget? budget = null, bool isPadded = false)
    {
        try
        {
            var reader = new CborReader(cbor, CborConformanceMode.Strict, allowMultipleRootLevelValues: isPadded);
            var node = Read(reader, depth: 0, budget ?? new CborBudget());
            return isPadded || reader.BytesRemaining == 0 ? node : throw new MalformedException("Bytes follow the CBOR.");
        }
        catch (Exception problem) when (problem is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new MalformedException("The CBOR is not well formed.");
        }
    }

    private static CborNode Read(CborReader reader, int depth, CborBudget budget)
    {
        if (--budget.Items < 0 || depth > MaxDepth)
        {
            throw new MalformedException("The CBOR is too large or too deep.");
        }

        while (reader.PeekState() == CborReaderState.Tag)
        {
            // Tag 0 (a date) and 18 (COSE_Sign1) say nothing that the place does not say.
            reader.ReadTag();
        }

        switch (reader.PeekState())
        {
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString:
                return new CborNode(reader.ReadTextString());
            case CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString:
                return new CborNode(reader.ReadByteString());
            case CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger:
                return new CborNode(reader.ReadInt64());
            case CborReaderState.Null:
                reader.ReadNull();
                return new CborNode(null);
            case CborReaderState.StartArray:
                return new CborNode(ReadArray(reader, depth, budget));
            case CborReaderState.StartMap:
                return new CborNode(ReadMap(reader, depth, budget));
            case CborReaderState.Boolean:
                return new CborNode(reader.ReadBoolean());
            default:
                reader.SkipValue();
                return new CborNode(null); // Floating-point and other simple values: nothing here looks at them.
        }
    }

    private static List<CborNode> ReadArray(CborReader reader, int depth, CborBudget budget)
    {
        var items = new List<CborNode>();
        reader.ReadStartArray();
        while (reader.PeekState() != CborReaderState.EndArray)
        {
            items.Add(Read(reader, depth + 1, budget));
        }

        reader.ReadEndArray();
        return items;
    }

    private static Dictionary<object, CborNode> ReadMap(CborReader reader, int depth, CborBudget budget)
    {
        var map = new Dictionary<object, CborNode>();
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            var key = Read(reader, depth + 1, budget);
            var value = Read(reader, depth + 1, budget);
            if (key._value is string or long)
            {
                map[key._value] = value;
            }
        }

        reader.ReadEndMap();
        return map;
    }
}
