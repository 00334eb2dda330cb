namespace DctNet.ModelTools;

/// <summary>A NodeDef: reads it and splits what exporters fuse.</summary>
internal sealed class GraphDefNode
{
    private readonly Dictionary<string, byte[]> _attributes = new(StringComparer.Ordinal);
    private readonly List<string> _inputs = [];
    private string _name = "";
    private string _operation = "";

    private GraphDefNode()
    {
    }

    public static GraphDefNode Read(byte[] message)
    {
        const int Name = 1, Operation = 2, Input = 3, Attribute = 5;
        var node = new GraphDefNode();
        foreach (var (field, value) in new ProtobufFields(message))
        {
            switch (field)
            {
                case Name:
                    node._name = value.ToText();
                    break;
                case Operation:
                    node._operation = value.ToText();
                    break;
                case Input:
                    node.AddInput(value.ToText());
                    break;
                case Attribute:
                    node.AddAttribute(value.ToBytes());
                    break;
            }
        }

        return node;
    }

    public void AddTo(Dictionary<string, SourceNode> nodes, ref long elements)
    {
        var node = new SourceNode(_operation, [.. _inputs]);
        switch (_operation)
        {
            case SourceNode.Constant:
                var tensor = Attribute("value", Tensor) ?? throw Missing("value");
                node = node with { Value = GraphDefReader.Tensor(tensor.ToBytes(), ref elements) };
                break;
            case SourceNode.Placeholder:
                node = node with { Shape = Attribute("shape", Shape) is { } shape ? GraphDefReader.TensorShape(shape.ToBytes()) : null };
                break;
            case "Conv2D" or "_FusedConv2D":
                node = Strided(node) with { Operation = "Conv2D", Kernel = KernelLayout.Hwio };
                break;
            case "DepthwiseConv2dNative" or "_FusedDepthwiseConv2dNative":
                node = Strided(node) with { Operation = "DepthwiseConv2dNative", Kernel = KernelLayout.HwcDepthwise };
                break;
            case "AvgPool":
                node = Strided(node) with { Window = Square("ksize") };
                break;
            case "BiasAdd" or "FusedBatchNorm" or "FusedBatchNormV2" or "FusedBatchNormV3":
                RequireNhwc();
                node = node with { Number = Float("epsilon", 1e-4f) };
                break;
            case "LeakyRelu":
                node = node with { Number = Float("alpha", 0.2f) };
                break;
            case "Pack":
                node = node with { Axis = (int)Integer("axis") };
                break;
            case "MirrorPad":
                node = node with { Axis = Attribute("mode", Bytes)?.ToText() == "REFLECT" ? 1 : throw Missing("mode REFLECT") };
                break;
            case "ResizeBilinear" or "ResizeNearestNeighbor":
                node = node with { AlignCorners = Integer("align_corners") != 0, HalfPixelCenters = Integer("half_pixel_centers") != 0 };
                break;
            case "Cast":
                node = node with { WholeNumbers = Integer("DstT") is not (1 or 2 or 14 or 19) };
                break;
            case "Div" or "RealDiv":
                node = node with { Operation = "RealDiv", WholeNumbers = Integer("T") is not (0 or 1 or 2 or 14 or 19) };
                break;
            case "StridedSlice":
                node = node with
                {
                    BeginMask = (int)Integer("begin_mask"),
                    EndMask = (int)Integer("end_mask"),
                    EllipsisMask = (int)Integer("ellipsis_mask"),
                    NewAxisMask = (int)Integer("new_axis_mask"),
                    ShrinkAxisMask = (int)Integer("shrink_axis_mask"),
                };
                break;
        }

        if (_operation.StartsWith("_Fused", StringComparison.Ordinal))
        {
            Unfuse(node, nodes);
        }
        else
        {
            Put(nodes, _name, node);
        }
    }

    private static void Put(Dictionary<string, SourceNode> nodes, string name, SourceNode node)
    {
        if (name.Length == 0 || !nodes.TryAdd(name, node))
        {
            throw new ModelFormatException($"two nodes are called \"{SourceGraph.Shown(name)}\", or it is damaged");
        }
    }

    // Inputs: picture, kernel, then those of the operations after the convolution.
    private void Unfuse(SourceNode convolution, Dictionary<string, SourceNode> nodes)
    {
        var rest = new Queue<string>(_inputs.Skip(2));
        var last = convolution with { Inputs = [.. _inputs.Take(2)] };
        foreach (var operation in FusedOperations())
        {
            var inner = $"{_name}/before {operation}";
            Put(nodes, inner, last);
            last = new SourceNode(operation, [inner, .. Enumerable.Range(0, Arguments(operation)).Select(_ => Next())])
            {
                Number = operation == "LeakyRelu" ? Float("leakyrelu_alpha", 0.2f) : Float("epsilon", 1e-4f),
            };
        }

        Put(nodes, _name, last);

        static int Arguments(string operation) => operation switch
        {
            "BiasAdd" => 1,
            "FusedBatchNorm" => 4,
            _ => 0,
        };

        string Next() => rest.TryDequeue(out var input) ? input : throw Missing("inputs");
    }

    private List<string> FusedOperations()
    {
        const int List = 1, Texts = 2;
        var operations = new List<string>();
        if (Attribute("fused_ops", List) is { } list)
        {
            operations.AddRange(new ProtobufFields(list.ToBytes()).Where(entry => entry.Field == Texts).Select(entry => entry.Value.ToText()));
        }

        return operations.Count <= 4 ? operations : throw Missing("a short list of fused operations");
    }

    // AttrValue's fields.
    private const int Bytes = 2, WholeNumber = 3, Number = 4, Flag = 5, Type = 6, Shape = 7, Tensor = 8;

    private void AddInput(string input)
    {
        // "^name" only orders, "name:0" is "name".
        if (input.StartsWith('^'))
        {
            return;
        }

        var colon = input.LastIndexOf(':');
        if (colon >= 0 && input[colon..] != ":0")
        {
            throw new ModelFormatException($"it uses the further result \"{SourceGraph.Shown(input)}\"; nothing in DCT-Net has more than one");
        }

        _inputs.Add(colon < 0 ? input : input[..colon]);
    }

    private void AddAttribute(byte[] entry)
    {
        var (key, content) = ("", Array.Empty<byte>());
        foreach (var (field, value) in new ProtobufFields(entry))
        {
            (key, content) = field switch
            {
                1 => (value.ToText(), content),
                2 => (key, value.ToBytes()),
                _ => (key, content),
            };
        }

        _attributes[key] = content;
    }

    private ProtobufValue? Attribute(string name, params ReadOnlySpan<int> kinds)
    {
        if (_attributes.TryGetValue(name, out var content))
        {
            foreach (var (field, value) in new ProtobufFields(content))
            {
                if (kinds.Contains(field))
                {
                    return value;
                }
            }
        }

        return null;
    }

    private long Integer(string name) => Attribute(name, WholeNumber, Flag, Type)?.ToInt64() ?? 0;

    private float Float(string name, float absent) => Attribute(name, Number)?.ToFloat() ?? absent;

    private SourceNode Strided(SourceNode node)
    {
        RequireNhwc();
        var padding = Attribute("padding", Bytes)?.ToText() ?? "";
        if (padding is not ("SAME" or "VALID"))
        {
            throw Missing("padding SAME or VALID");
        }

        if (_attributes.ContainsKey("dilations") && Square("dilations") != 1)
        {
            throw Missing("dilation 1");
        }

        return node with { Padding = padding, Stride = Square("strides") };
    }

    // A list of one number for each dimension, of which batch and channels are 1.
    private int Square(string name)
    {
        const int List = 1, Integers = 3;
        var values = new List<long>();
        if (Attribute(name, List) is { } list)
        {
            foreach (var (field, value) in new ProtobufFields(list.ToBytes()))
            {
                values.AddRange(field == Integers ? value.ToIntegers().Take(5) : []);
            }
        }

        return values is [1, var height, var width, 1] && height == width && width is > 0 and <= 16 ? (int)width : throw Missing(name);
    }

    private void RequireNhwc()
    {
        if (Attribute("data_format", Bytes)?.ToText() is { } format and not "NHWC")
        {
            throw new ModelFormatException(
                $"\"{SourceGraph.Shown(_name)}\" works on {SourceGraph.Shown(format)}; export the graph for the CPU, which works on NHWC");
        }
    }

    private ModelFormatException Missing(string what) =>
        new($"\"{SourceGraph.Shown(_name)}\" ({SourceGraph.Shown(_operation)}) has not the {what} that DCT-Net's has");
}
