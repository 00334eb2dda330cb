using System.Runtime.InteropServices;

namespace DctNet.Core.Tests.Inference;

/// <summary>Writes small ONNX files (field numbers from onnx.proto3), so that tests run real networks of known function.</summary>
internal sealed class OnnxWriter
{
    /// <summary>Of TensorProto.DataType.</summary>
    public const int Float = 1;

    /// <summary>Of TensorProto.DataType.</summary>
    public const int Float16 = 10;

    private readonly ProtobufMessage _graph = new();

    /// <summary>A network with an input and an output, both [H, W, 3] with free H and W, or [N, H, W, 3]; or of one size, where a side is given.</summary>
    public OnnxWriter(string input = "image", string output = "cartoon", bool batched = false, int? side = null)
    {
        var (height, width) = side is { } fixedSide ? ((object)fixedSide, (object)fixedSide) : ("H", "W");
        object[] shape = batched ? ["N", height, width, 3] : [height, width, 3];
        _graph.Add(2, "graph");
        Input(input, shape);
        _graph.Add(12, ValueInfo(output, shape));
    }

    private OnnxWriter(object[] shape, int type, string[] outputs)
    {
        _graph.Add(2, "graph").Add(11, ValueInfo("image", shape, type));
        foreach (var output in outputs)
        {
            _graph.Add(12, ValueInfo(output, shape, type));
        }
    }

    /// <summary>Adds an input; a dimension is a number or, for a free one, a name.</summary>
    public OnnxWriter Input(string name, params object[] dimensions)
    {
        _graph.Add(11, ValueInfo(name, dimensions));
        return this;
    }

    public OnnxWriter Node(string operation, string[] inputs, string output)
    {
        var node = new ProtobufMessage();
        foreach (var input in inputs)
        {
            node.Add(1, input);
        }

        _graph.Add(1, node.Add(2, output).Add(4, operation));
        return this;
    }

    public OnnxWriter Constant(string name, float[] values, params int[] shape)
    {
        var tensor = new ProtobufMessage();
        foreach (var side in shape)
        {
            tensor.Add(1, side);
        }

        _graph.Add(5, tensor.Add(2, Float).Add(8, name).Add(9, MemoryMarshal.AsBytes<float>(values)));
        return this;
    }

    public byte[] ToBytes() => new ProtobufMessage()
        .Add(1, 8) // IR version
        .Add(8, new ProtobufMessage().Add(2, 17)) // operator set
        .Add(7, _graph)
        .ToArray();

    /// <summary>Draws a picture as itself.</summary>
    public static byte[] Identity(string input = "image", string output = "cartoon") =>
        new OnnxWriter(input, output).Node("Identity", [input], output).ToBytes();

    /// <summary>Gives its input, of any shape and type, by several names.</summary>
    public static byte[] Copies(object[] shape, int type, params string[] outputs)
    {
        var writer = new OnnxWriter(shape, type, outputs);
        return outputs.Aggregate(writer, (network, output) => network.Node("Identity", ["image"], output)).ToBytes();
    }

    /// <summary>Every channel becomes the input's first one: what the first one is, the channel order decides.</summary>
    public static byte[] FirstChannel(string input = "image", string output = "cartoon") => new OnnxWriter(input, output)
        .Constant("first", [1, 1, 1, 0, 0, 0, 0, 0, 0], 3, 3)
        .Node("MatMul", [input, "first"], output)
        .ToBytes();

    /// <summary>A network of as many styles as there are grays: draws a flat picture, the style vector's weighted mean of them.</summary>
    public static byte[] Grays(params float[] grays) => Grays(batched: false, grays);

    public static byte[] Grays(bool batched, params float[] grays) => new OnnxWriter(batched: batched)
        .Input("style", grays.Length)
        .Constant("grays", grays, grays.Length, 1)
        .Constant("nothing", [0], 1)
        .Node("Mul", ["image", "nothing"], "black")
        .Node("MatMul", ["style", "grays"], "gray")
        .Node("Add", ["black", "gray"], "cartoon")
        .ToBytes();

    private static ProtobufMessage ValueInfo(string name, object[] dimensions, int type = Float)
    {
        var shape = new ProtobufMessage();
        foreach (var dimension in dimensions)
        {
            shape.Add(1, dimension is string free ? new ProtobufMessage().Add(2, free) : new ProtobufMessage().Add(1, (int)dimension));
        }

        var tensor = new ProtobufMessage().Add(1, type).Add(2, shape);
        return new ProtobufMessage().Add(1, name).Add(2, new ProtobufMessage().Add(1, tensor));
    }
}
