using Google.Protobuf;
using static DctNet.ModelTools.Protobuf;

namespace DctNet.ModelTools;

/// <summary>An ONNX file, read so far that nodes and initialisers can be changed; the rest is kept as it was written.</summary>
internal sealed class OnnxFile
{
    private const int ModelGraph = 7, ModelMetadata = 14;
    private const int GraphNode = 1, GraphInitialiser = 5, GraphOutput = 12;

    private readonly List<(int Field, ProtobufValue Value)> _model = [];
    private readonly List<(int Field, ProtobufValue Value)> _graph = [];

    private OnnxFile()
    {
    }

    /// <summary>In an order in which they can be computed.</summary>
    public List<OnnxNode> Nodes { get; private init; } = [];

    public Dictionary<string, OnnxTensor> Initialisers { get; private init; } = new(StringComparer.Ordinal);

    /// <summary>Names of the results.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>Facts that whoever made the file put there.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _model.Where(entry => entry.Field == ModelMetadata)
        .Select(entry => new ProtobufFields(entry.Value.ToBytes()).ToDictionary(part => part.Field, part => part.Value.ToText()))
        .ToDictionary(pair => pair.GetValueOrDefault(1, ""), pair => pair.GetValueOrDefault(2, ""), StringComparer.Ordinal);

    /// <summary>Names of further results.</summary>
    public List<string> FurtherOutputs { get; } = [];

    /// <exception cref="InvalidProtocolBufferException">The file is cut off or damaged.</exception>
    /// <exception cref="ModelFormatException">It is no ONNX file, or has something that is not read.</exception>
    public static OnnxFile Read(byte[] file)
    {
        var result = new OnnxFile();
        foreach (var entry in new ProtobufFields(file))
        {
            if (entry.Field == ModelGraph)
            {
                result.ReadGraph(entry.Value.ToBytes());
            }
            else
            {
                result._model.Add(entry);
            }
        }

        return result.Nodes.Count > 0 ? result : throw new ModelFormatException("it is no ONNX file with a graph");
    }

    public byte[] ToBytes() => Message(model =>
    {
        _model.ForEach(entry => Write(model, entry));
        Nested(model, ModelGraph, Message(graph =>
        {
            Nodes.ForEach(node => Nested(graph, GraphNode, Bytes(node)));
            foreach (var tensor in Initialisers.Values)
            {
                Nested(graph, GraphInitialiser, Bytes(tensor));
            }

            _graph.ForEach(entry => Write(graph, entry));
            FurtherOutputs.ForEach(name => Nested(graph, GraphOutput, Message(output =>
            {
                String(output, 1, name);
                Nested(output, 2, Message(type => Nested(type, 1, Message(tensor => Varint(tensor, 1, OnnxTensor.Float)))));
            })));
        }));
    });

    private void ReadGraph(byte[] message)
    {
        foreach (var entry in new ProtobufFields(message))
        {
            switch (entry.Field)
            {
                case GraphNode:
                    Nodes.Add(Node(entry.Value.ToBytes()));
                    break;
                case GraphInitialiser:
                    var tensor = Tensor(entry.Value.ToBytes());
                    Initialisers[tensor.Name] = tensor;
                    break;
                case GraphOutput:
                    Outputs.AddRange(new ProtobufFields(entry.Value.ToBytes()).Where(field => field.Field == 1).Select(field => field.Value.ToText()));
                    _graph.Add(entry);
                    break;
                default:
                    _graph.Add(entry);
                    break;
            }
        }
    }

    private static OnnxNode Node(byte[] message)
    {
        var (inputs, outputs, attributes, operation) = (new List<string>(), new List<string>(), new List<byte[]>(), "");
        foreach (var (field, value) in new ProtobufFields(message))
        {
            switch (field)
            {
                case 1:
                    inputs.Add(value.ToText());
                    break;
                case 2:
                    outputs.Add(value.ToText());
                    break;
                case 4:
                    operation = value.ToText();
                    break;
                case 5:
                    attributes.Add(value.ToBytes());
                    break;
                case 7 when value.ToText().Length > 0:
                    throw new ModelFormatException("it has operations that are not ONNX's own; it seems to be reduced already");
            }
        }

        return new OnnxNode(operation, [.. inputs], [.. outputs], attributes);
    }

    private static OnnxTensor Tensor(byte[] message)
    {
        var (name, shape, type, data) = ("", new List<long>(), 0, Array.Empty<byte>());
        foreach (var (field, value) in new ProtobufFields(message))
        {
            switch (field)
            {
                case 1:
                    shape.AddRange(value.ToIntegers());
                    break;
                case 2:
                    type = value.ToInt32();
                    break;
                case 4 or 9:
                    // Floats packed are laid out as raw data is.
                    data = value.ToBytes();
                    break;
                case 7:
                    data = [.. data, .. value.ToIntegers().SelectMany(BitConverter.GetBytes)];
                    break;
                case 8:
                    name = value.ToText();
                    break;
                default:
                    throw new ModelFormatException("a constant is stored in a way that is not read");
            }
        }

        return new OnnxTensor(name, [.. shape], type, data);
    }

    private static byte[] Bytes(OnnxNode node) => Message(output =>
    {
        Array.ForEach(node.Inputs, input => String(output, 1, input));
        Array.ForEach(node.Outputs, result => String(output, 2, result));
        String(output, 3, node.Outputs[0]);
        String(output, 4, node.Operation);
        foreach (var attribute in node.Attributes)
        {
            Nested(output, 5, attribute);
        }
    });

    private static byte[] Bytes(OnnxTensor tensor) => Message(output =>
    {
        Array.ForEach(tensor.Shape, side => Varint(output, 1, side));
        Varint(output, 2, tensor.Type);
        String(output, 8, tensor.Name);
        Nested(output, 9, tensor.Data);
    });

    private static void Write(CodedOutputStream output, (int Field, ProtobufValue Value) entry)
    {
        if (entry.Value.Bytes is { } bytes)
        {
            output.WriteTag(entry.Field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(bytes);
        }
        else
        {
            Varint(output, entry.Field, (long)entry.Value.Number);
        }
    }
}
