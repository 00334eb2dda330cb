using System.Runtime.InteropServices;
using Google.Protobuf;
using static DctNet.ModelTools.Protobuf;

namespace DctNet.ModelTools;

/// <summary>Builds an ONNX model, node by node. Field numbers are those of onnx.proto (ONNX IR version 8, opset 17).</summary>
internal sealed class OnnxGraph
{
    public const int Float = 1;
    public const int Int64 = 7;
    public const int Float16 = 10;
    private const int IrVersion = 8;
    private const int OpsetVersion = 17;

    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _initialisers = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];

    /// <summary>Adds a node with one output.</summary>
    /// <param name="type">ONNX operator.</param>
    /// <param name="inputs">Names of values.</param>
    /// <param name="output">Name of the result; also the node's.</param>
    /// <param name="attributes">Values: <see cref="long"/>, <see cref="float"/>, <see cref="string"/> or <c>long[]</c>.</param>
    /// <returns><paramref name="output"/>.</returns>
    public string Node(string type, string[] inputs, string output, params (string Name, object Value)[] attributes)
    {
        Node(type, inputs, [output], attributes);
        return output;
    }

    public void Node(string type, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
        => _nodes.Add(Message(node =>
        {
            Array.ForEach(inputs, input => String(node, 1, input));
            Array.ForEach(outputs, output => String(node, 2, output));
            String(node, 3, outputs[0]);
            String(node, 4, type);
            foreach (var (name, value) in attributes)
            {
                Nested(node, 5, Attribute(name, value));
            }
        }));

    /// <summary>Weights, stored as float16 and cast back; ONNX Runtime folds the cast when it loads the model.</summary>
    /// <returns>The name of the float32 value.</returns>
    public string Weights(string name, long[] shape, ReadOnlySpan<float> values)
    {
        var halves = new Half[values.Length];
        for (var i = 0; i < halves.Length; i++)
        {
            halves[i] = (Half)values[i];
        }

        Initialiser($"{name}.half", Float16, shape, MemoryMarshal.AsBytes<Half>(halves));
        return Node("Cast", [$"{name}.half"], name, ("to", (long)Float));
    }

    /// <summary>Weights, stored as int8 with a scale for each of the rows they come in; ONNX Runtime makes floats of them when it loads the model.</summary>
    /// <returns>The name of the float32 value.</returns>
    public string ByteWeights(string name, long[] shape, int rows, ReadOnlySpan<float> values)
    {
        var (integers, scales) = ByteRows.Quantize(values, rows);
        Initialiser($"{name}.int8", OnnxTensor.Int8, [rows, values.Length / rows], MemoryMarshal.AsBytes<sbyte>(integers));
        Floats($"{name}.scales", [rows, 1], scales);
        Integers($"{name}.rows.shape", shape);
        Node("Cast", [$"{name}.int8"], $"{name}.float", ("to", (long)Float));
        Node("Mul", [$"{name}.float", $"{name}.scales"], $"{name}.rows");
        return Node("Reshape", [$"{name}.rows", $"{name}.rows.shape"], name);
    }

    /// <summary>Stored as float16 where that loses nothing.</summary>
    /// <returns>The name of the float32 value.</returns>
    public string Exact(string name, long[] shape, params float[] values) =>
        Array.TrueForAll(values, value => (float)(Half)value == value) ? Weights(name, shape, values) : Floats(name, shape, values);

    public string Floats(string name, long[] shape, params float[] values)
        => Initialiser(name, Float, shape, MemoryMarshal.AsBytes<float>(values));

    public string Integers(string name, params long[] values)
        => Initialiser(name, Int64, [values.Length], MemoryMarshal.AsBytes<long>(values));

    /// <param name="name">The input's name.</param>
    /// <param name="dimensions">Fixed sizes (<see cref="long"/>) and names of free ones (<see cref="string"/>).</param>
    public void Input(string name, params object[] dimensions) => _inputs.Add(ValueInfo(name, dimensions));

    public void Output(string name, params object[] dimensions) => _outputs.Add(ValueInfo(name, dimensions));

    /// <param name="name">The graph's.</param>
    /// <param name="producer">The program that made it.</param>
    /// <param name="metadata">Facts for whoever opens the file.</param>
    public byte[] Build(string name, string producer, IReadOnlyDictionary<string, string> metadata)
    {
        var graph = Message(output =>
        {
            _nodes.ForEach(node => Nested(output, 1, node));
            String(output, 2, name);
            _initialisers.ForEach(tensor => Nested(output, 5, tensor));
            _inputs.ForEach(value => Nested(output, 11, value));
            _outputs.ForEach(value => Nested(output, 12, value));
        });
        return Message(model =>
        {
            Varint(model, 1, IrVersion);
            String(model, 2, producer);
            Nested(model, 7, graph);
            Nested(model, 8, Message(opset => Varint(opset, 2, OpsetVersion)));
            foreach (var (key, value) in metadata)
            {
                Nested(model, 14, Message(entry =>
                {
                    String(entry, 1, key);
                    String(entry, 2, value);
                }));
            }
        });
    }

    private static byte[] Attribute(string name, object value) => Message(attribute =>
    {
        const int TypeFloat = 1, TypeInt = 2, TypeString = 3, TypeInts = 7;
        String(attribute, 1, name);
        switch (value)
        {
            case float number:
                attribute.WriteTag(2, WireFormat.WireType.Fixed32);
                attribute.WriteFloat(number);
                Varint(attribute, 20, TypeFloat);
                break;
            case long number:
                Varint(attribute, 3, number);
                Varint(attribute, 20, TypeInt);
                break;
            case string text:
                String(attribute, 4, text);
                Varint(attribute, 20, TypeString);
                break;
            case long[] numbers:
                Array.ForEach(numbers, number => Varint(attribute, 8, number));
                Varint(attribute, 20, TypeInts);
                break;
            default:
                throw new ArgumentException($"No ONNX attribute holds a {value.GetType().Name}.", nameof(value));
        }
    });

    private static byte[] ValueInfo(string name, object[] dimensions)
    {
        var shape = Message(output =>
        {
            foreach (var dimension in dimensions)
            {
                Nested(output, 1, Message(entry =>
                {
                    if (dimension is string free)
                    {
                        String(entry, 2, free);
                    }
                    else
                    {
                        Varint(entry, 1, (long)dimension);
                    }
                }));
            }
        });
        var tensor = Message(output =>
        {
            Varint(output, 1, Float);
            Nested(output, 2, shape);
        });
        return Message(output =>
        {
            String(output, 1, name);
            Nested(output, 2, Message(type => Nested(type, 1, tensor)));
        });
    }

    private string Initialiser(string name, int type, long[] shape, ReadOnlySpan<byte> data)
    {
        var bytes = ByteString.CopyFrom(data);
        _initialisers.Add(Message(tensor =>
        {
            Array.ForEach(shape, dimension => Varint(tensor, 1, dimension));
            Varint(tensor, 2, type);
            String(tensor, 8, name);
            tensor.WriteTag(9, WireFormat.WireType.LengthDelimited);
            tensor.WriteBytes(bytes);
        }));
        return name;
    }
}
