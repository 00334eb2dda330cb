using System.Buffers.Binary;
using System.Globalization;

namespace DctNet.ModelTools;

/// <summary>Reads a TensorFlow Lite file. Field and operator numbers are those of TensorFlow's schema.fbs, version 3.</summary>
internal static class TfLiteReader
{
    private const byte Float32 = 0, Float16 = 1, Int32 = 2;

    public static bool Recognises(ReadOnlySpan<byte> file) => file.Length >= 8 && file[4..8].SequenceEqual("TFL3"u8);

    public static SourceGraph Read(ReadOnlyMemory<byte> file)
    {
        const int Version = 0, OperatorCodes = 1, Subgraphs = 2, Buffers = 4;
        var model = FlatTable.Root(file);
        if (model.Integer(Version) != 3)
        {
            throw new ModelFormatException($"its schema version is {model.Integer(Version)}, not 3");
        }

        if (model.Tables(Subgraphs) is not [var graph])
        {
            throw new ModelFormatException("it has not exactly one graph");
        }

        var codes = Array.ConvertAll(model.Tables(OperatorCodes), Code);
        var buffers = model.Tables(Buffers);
        return new Reader(graph, codes, buffers).Read();
    }

    // Numbers over 127 did not fit the first field, so a second was added.
    private static int Code(FlatTable table) => Math.Max(table.Byte(0), table.Integer(3));

    private sealed class Reader(FlatTable graph, int[] codes, FlatTable[] buffers)
    {
        private readonly Dictionary<string, SourceNode> _nodes = new(StringComparer.Ordinal);
        private readonly FlatTable[] _tensors = graph.Tables(0);
        private long _elements;

        public SourceGraph Read()
        {
            var (inputs, outputs) = (graph.Integers(1), graph.Integers(2));
            if (inputs is not [var input] || outputs is not [var output])
            {
                throw new ModelFormatException($"it has {inputs.Length} inputs and {outputs.Length} outputs; DCT-Net has one of each");
            }

            if (Type(input) != Float32)
            {
                throw new ModelFormatException("its input is not float32");
            }

            for (var i = 0; i < _tensors.Length; i++)
            {
                if (Constant(i) is { } value)
                {
                    _nodes[Name(i)] = new SourceNode(SourceNode.Constant) { Value = value };
                }
            }

            _nodes[Name(input)] = new SourceNode(SourceNode.Placeholder) { Shape = _tensors[input].Integers(0) };
            foreach (var operation in graph.Tables(3))
            {
                Add(operation);
            }

            return new SourceGraph("TensorFlow Lite", _nodes, Name(input), Name(output));
        }

        private static string Name(int tensor) => tensor.ToString(CultureInfo.InvariantCulture);

        private byte Type(int tensor) => _tensors[Index(tensor, _tensors.Length)].Byte(1);

        private static int Index(int index, int count) =>
            (uint)index < (uint)count ? index : throw new ModelFormatException("it is damaged: an index leads nowhere");

        private Tensor? Constant(int index)
        {
            var tensor = _tensors[index];
            var bytes = buffers[Index(tensor.Integer(2), buffers.Length)].Bytes(0).Span;
            if (bytes.Length == 0)
            {
                return null;
            }

            var shape = tensor.Integers(0);
            var count = Tensor.Count(shape);
            _elements = Tensor.Bounded(_elements + count);
            var type = tensor.Byte(1);
            var size = type switch
            {
                Float32 or Int32 => 4,
                Float16 => 2,
                _ => throw new ModelFormatException(
                    $"a constant is of type {type}; float32, float16 and int32 are read (a quantised network is not converted)"),
            };
            if (bytes.Length != (long)count * size)
            {
                throw new ModelFormatException("it is damaged: a constant has not as many values as its shape says");
            }

            var values = new float[count];
            for (var i = 0; i < count; i++)
            {
                var value = bytes[(i * size)..];
                values[i] = type switch
                {
                    Float32 => BinaryPrimitives.ReadSingleLittleEndian(value),
                    Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(value),
                    _ => BinaryPrimitives.ReadInt32LittleEndian(value),
                };
            }

            return new Tensor(shape, values);
        }

        private void Add(FlatTable operation)
        {
            var code = codes[Index(operation.Integer(0), codes.Length)];
            var (inputs, outputs) = (operation.Integers(1), operation.Integers(2));
            if (outputs is not [var output])
            {
                throw new ModelFormatException($"operator {code} has {outputs.Length} results; none of DCT-Net's has but one");
            }

            var node = Node(code, operation.Table(4) ?? default, [.. inputs.Where(i => i >= 0).Select(i => Name(Index(i, _tensors.Length)))]);
            var (last, activation) = (node.Node, node.Activation switch
            {
                0 => null,
                1 => "Relu",
                3 => "Relu6",
                4 => "Tanh",
                _ => throw new ModelFormatException($"operator {code} has the fused activation {node.Activation}, which DCT-Net has not"),
            });
            if (last.Operation is "Conv2D" or "DepthwiseConv2dNative" && last.Inputs.Length == 3)
            {
                var linear = $"{Name(output)}/linear";
                Put(linear, last with { Inputs = last.Inputs[..2] });
                last = new SourceNode("BiasAdd", linear, last.Inputs[2]);
            }

            if (activation is not null)
            {
                var raw = $"{Name(output)}/raw";
                Put(raw, last);
                last = new SourceNode(activation, raw);
            }

            Put(Name(output), last);
        }

        private void Put(string name, SourceNode node)
        {
            if (!_nodes.TryAdd(name, node))
            {
                throw new ModelFormatException("it is damaged: two operators write one tensor");
            }
        }

        private static (SourceNode Node, int Activation) Node(int code, FlatTable options, string[] inputs)
        {
            var node = new SourceNode("", inputs);
            return code switch
            {
                0 => (node with { Operation = "Add" }, options.Byte(0)),
                1 => (Strided(node, options) with { Operation = "AvgPool", Window = Square(options, 3) }, options.Byte(5)),
                3 => (Strided(node, options, dilationField: 4) with { Operation = "Conv2D", Kernel = KernelLayout.Ohwi }, options.Byte(3)),
                4 => (Strided(node, options, dilationField: 5) with
                {
                    Operation = "DepthwiseConv2dNative",
                    Kernel = KernelLayout.ChwDepthwise,
                }, options.Byte(4)),
                6 => (node with { Operation = "Identity" }, 0),
                14 => (node with { Operation = "Sigmoid" }, 0),
                18 => (node with { Operation = "Mul" }, options.Byte(0)),
                19 => (node with { Operation = "Relu" }, 0),
                21 => (node with { Operation = "Relu6" }, 0),
                22 => (node with { Operation = "Reshape" }, 0),
                23 => (node with { Operation = "ResizeBilinear", AlignCorners = options.Flag(2), HalfPixelCenters = options.Flag(3) }, 0),
                28 => (node with { Operation = "Tanh" }, 0),
                34 => (node with { Operation = "Pad" }, 0),
                41 => (node with { Operation = "Sub" }, options.Byte(0)),
                42 => (node with { Operation = "RealDiv" }, options.Byte(0)),
                43 => (node with { Operation = "Squeeze" }, 0),
                45 => (node with
                {
                    Operation = "StridedSlice",
                    BeginMask = options.Integer(0),
                    EndMask = options.Integer(1),
                    EllipsisMask = options.Integer(2),
                    NewAxisMask = options.Integer(3),
                    ShrinkAxisMask = options.Integer(4),
                }, 0),
                53 => (node with { Operation = "Cast" }, 0),
                54 => (node with { Operation = "Prelu" }, 0),
                55 => (node with { Operation = "Maximum" }, 0),
                57 => (node with { Operation = "Minimum" }, 0),
                70 => (node with { Operation = "ExpandDims" }, 0),
                97 => (node with { Operation = "ResizeNearestNeighbor", AlignCorners = options.Flag(0), HalfPixelCenters = options.Flag(1) }, 0),
                98 => (node with { Operation = "LeakyRelu", Number = options.Number(0) }, 0),
                _ => throw new ModelFormatException($"it has operator {code}, which DCT-Net has not"),
            };
        }

        private static SourceNode Strided(SourceNode node, FlatTable options, int? dilationField = null)
        {
            if (dilationField is { } field && (options.Integer(field, 1), options.Integer(field + 1, 1)) != (1, 1))
            {
                throw new ModelFormatException("a convolution is dilated; none of DCT-Net's is");
            }

            return node with { Padding = options.Byte(0) == 0 ? "SAME" : "VALID", Stride = Square(options, 1) };
        }

        // Width in one field, height in the next.
        private static int Square(FlatTable options, int field)
        {
            var (width, height) = (options.Integer(field), options.Integer(field + 1));
            return width == height && width is > 0 and <= 16
                ? width
                : throw new ModelFormatException($"a stride or window is {width} x {height}; DCT-Net's are square and small");
        }
    }
}
