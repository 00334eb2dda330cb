using System.Runtime.InteropServices;
using Google.Protobuf;

namespace DctNet.ModelTools.Tests;

/// <summary>Writes graphs in TensorFlow's own serialisation: GraphDef, NodeDef, AttrValue, TensorProto.</summary>
internal sealed class GraphDefWriter
{
    public const int FloatType = 1, Int32Type = 3, UInt8Type = 4, HalfType = 19;

    private readonly List<byte[]> _nodes = [];

    public string Node(string name, string operation, string[] inputs, params (string Name, byte[] Value)[] attributes)
    {
        _nodes.Add(Message(node =>
        {
            Bytes(node, 1, name);
            Bytes(node, 2, operation);
            Array.ForEach(inputs, input => Bytes(node, 3, input));
            Bytes(node, 4, "/device:CPU:0");
            foreach (var (key, value) in attributes)
            {
                Bytes(node, 5, Message(entry =>
                {
                    Bytes(entry, 1, key);
                    Bytes(entry, 2, value);
                }));
            }
        }));
        return name;
    }

    public string Placeholder(string name, params int[]? shape) =>
        Node(name, "Placeholder", [], ("dtype", Type(FloatType)), ("shape", Message(attribute => Bytes(attribute, 7, Shape(shape)))));

    /// <summary>A constant in one of the ways in which TensorFlow stores it.</summary>
    public string Constant(string name, int[] shape, float[] values, int type = FloatType, bool content = true)
    {
        var tensor = Message(message =>
        {
            Number(message, 1, type);
            Bytes(message, 2, Shape(shape));
            if (content)
            {
                Bytes(message, 4, type switch
                {
                    FloatType => MemoryMarshal.AsBytes<float>(values).ToArray(),
                    Int32Type => MemoryMarshal.AsBytes<int>(Array.ConvertAll(values, value => (int)value)).ToArray(),
                    HalfType => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, value => (Half)value)).ToArray(),
                    _ => throw new ArgumentOutOfRangeException(nameof(type)),
                });
            }
            else if (type == FloatType)
            {
                Bytes(message, 5, MemoryMarshal.AsBytes<float>(Shortened(values)).ToArray());
            }
            else
            {
                Array.ForEach(Shortened(values), value => Number(message, type == HalfType ? 13 : 7, type == HalfType ? BitConverter.HalfToUInt16Bits((Half)value) : (int)value));
            }
        });
        return Node(name, "Const", [], ("dtype", Type(type)), ("value", Message(attribute => Bytes(attribute, 8, tensor))));
    }

    public byte[] ToBytes() => Message(graph =>
    {
        _nodes.ForEach(node => Bytes(graph, 1, node));
        Bytes(graph, 4, Message(versions => Number(versions, 1, 134)));
        Bytes(graph, 2, []);
    });

    public static byte[] Type(int type) => Message(attribute => Number(attribute, 6, type));

    public static byte[] Text(string text) => Message(attribute => Bytes(attribute, 2, text));

    public static byte[] Integer(long value) => Message(attribute => Number(attribute, 3, value));

    public static byte[] Flag(bool value) => Message(attribute => Number(attribute, 5, value ? 1 : 0));

    public static byte[] Real(float value) => Message(attribute =>
    {
        attribute.WriteTag(4, WireFormat.WireType.Fixed32);
        attribute.WriteFloat(value);
    });

    public static byte[] Integers(params long[] values) => Message(attribute => Bytes(attribute, 1, Message(list =>
        Bytes(list, 3, Message(packed => Array.ForEach(values, packed.WriteInt64))))));

    public static byte[] Texts(params string[] values) =>
        Message(attribute => Bytes(attribute, 1, Message(list => Array.ForEach(values, value => Bytes(list, 2, value)))));

    // TensorFlow leaves out trailing repetitions of the last value.
    private static float[] Shortened(float[] values)
    {
        var last = Array.FindLastIndex(values, value => value != values[^1]);
        return values[..Math.Min(values.Length, last + 2)];
    }

    private static byte[] Shape(int[]? shape) => Message(message =>
    {
        if (shape is null)
        {
            Number(message, 3, 1);
            return;
        }

        Array.ForEach(shape, side => Bytes(message, 2, Message(dimension => Number(dimension, 1, side))));
    });

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
        {
            write(output);
        }

        return memory.ToArray();
    }

    private static void Number(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    private static void Bytes(CodedOutputStream output, int field, string value) => Bytes(output, field, System.Text.Encoding.UTF8.GetBytes(value));

    private static void Bytes(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }
}
