using System.Buffers.Binary;
using Google.Protobuf;

namespace DctNet.ModelTools;

/// <summary>Reads a frozen TensorFlow graph. Field numbers are those of graph.proto, node_def.proto, attr_value.proto and tensor.proto.</summary>
internal static class GraphDefReader
{
    private const int Float = 1, Double = 2, Int32 = 3, Int64 = 9, Half = 19;

    private const string OfficialOutput = "output_image";

    /// <exception cref="InvalidProtocolBufferException">The file is cut off or damaged.</exception>
    public static SourceGraph Read(byte[] file)
    {
        var nodes = new Dictionary<string, SourceNode>(StringComparer.Ordinal);
        var elements = 0L;
        foreach (var (field, value) in new ProtobufFields(file))
        {
            const int Node = 1;
            if (field != Node)
            {
                continue;
            }

            if (nodes.Count >= SourceGraph.MaxNodes)
            {
                throw new ModelFormatException("it has more nodes than any DCT-Net");
            }

            GraphDefNode.Read(value.ToBytes()).AddTo(nodes, ref elements);
        }

        return new SourceGraph("TensorFlow", nodes, Input(nodes), Output(nodes));
    }

    /// <param name="message">A TensorProto.</param>
    /// <param name="elements">Of all constants of the file so far.</param>
    internal static Tensor Tensor(byte[] message, ref long elements)
    {
        const int Type = 1, Shape = 2, Content = 4, Floats = 5, Doubles = 6, Integers = 7, Longs = 10, Halves = 13;
        var (type, shape, content, values) = (0, Array.Empty<int>(), (byte[]?)null, new List<float>());
        foreach (var (field, value) in new ProtobufFields(message))
        {
            switch (field)
            {
                case Type:
                    type = value.ToInt32();
                    break;
                case Shape:
                    shape = TensorShape(value.ToBytes()) ?? throw new ModelFormatException("a constant has no shape");
                    break;
                case Content:
                    content = value.ToBytes();
                    break;
                case Floats:
                    values.AddRange(value.ToFloats());
                    break;
                case Doubles:
                    values.AddRange(value.ToDoubles().Select(number => (float)number));
                    break;
                case Integers or Longs:
                    values.AddRange(value.ToIntegers().Select(number => (float)number));
                    break;
                case Halves:
                    values.AddRange(value.ToIntegers().Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)));
                    break;
            }
        }

        var count = ModelTools.Tensor.Count(shape);
        elements = ModelTools.Tensor.Bounded(elements + count);
        if (content is { Length: > 0 })
        {
            return new Tensor(shape, Decode(content, type, count));
        }

        if (values.Count > count)
        {
            throw new ModelFormatException("it is damaged: a constant has more values than its shape says");
        }

        // The last value stands for all that follow.
        var filled = new float[count];
        filled.AsSpan().Fill(values.Count > 0 ? values[^1] : 0);
        values.CopyTo(filled);
        return new Tensor(shape, filled);
    }

    /// <summary>-1 for a free dimension; null: even their number is free.</summary>
    internal static int[]? TensorShape(byte[] message)
    {
        const int Dimension = 2, UnknownRank = 3, Size = 1;
        var shape = new List<int>();
        foreach (var (field, value) in new ProtobufFields(message))
        {
            if (field == UnknownRank && value.ToInt32() != 0)
            {
                return null;
            }

            if (field == Dimension)
            {
                var size = 0L;
                foreach (var (part, number) in new ProtobufFields(value.ToBytes()))
                {
                    size = part == Size ? number.ToInt64() : size;
                }

                shape.Add((int)Math.Clamp(size, -1, int.MaxValue));
            }
        }

        return [.. shape];
    }

    private static float[] Decode(byte[] content, int type, int count)
    {
        var size = type switch
        {
            Float or Int32 => 4,
            Double or Int64 => 8,
            Half => 2,
            _ => throw new ModelFormatException($"a constant is of TensorFlow's type {type}, which is not read"),
        };
        if (content.Length != (long)count * size)
        {
            throw new ModelFormatException("it is damaged: a constant has not as many values as its shape says");
        }

        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var bytes = content.AsSpan(i * size);
            values[i] = type switch
            {
                Float => BinaryPrimitives.ReadSingleLittleEndian(bytes),
                Double => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                Half => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
                Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            };
        }

        return values;
    }

    private static string Input(Dictionary<string, SourceNode> nodes)
    {
        var inputs = nodes.Where(node => node.Value.Operation == SourceNode.Placeholder).Select(node => node.Key).ToArray();
        return inputs is [var input]
            ? input
            : throw new ModelFormatException($"it has {inputs.Length} inputs; DCT-Net has one");
    }

    /// <summary>The node of the official name, under whatever scope; else the only one whose result nobody uses.</summary>
    private static string Output(Dictionary<string, SourceNode> nodes)
    {
        var named = nodes.Keys.Where(name => name[(name.LastIndexOf('/') + 1)..] == OfficialOutput).ToArray();
        if (named is [var official])
        {
            return official;
        }

        var used = nodes.Values.SelectMany(node => node.Inputs).ToHashSet(StringComparer.Ordinal);
        var ends = nodes.Where(node => !used.Contains(node.Key) && node.Value.Operation is not (SourceNode.Constant or "NoOp")).ToArray();
        return ends is [var end]
            ? end.Key
            : throw new ModelFormatException($"it has no node \"{OfficialOutput}\", and {ends.Length} results");
    }
}
