using System.Globalization;

namespace DctNet.ModelTools;

/// <summary>
/// Makes an ONNX network of a graph. The graph is walked once with a picture of a given size: what depends on sizes and weights alone
/// becomes a constant, what depends on the picture becomes nodes. The result names no size, so it takes any.
/// </summary>
internal sealed class GraphConverter
{
    public const string Input = "input_image";
    public const string Output = "output_image";

    /// <summary>Numbers computed, weights folded and weights written, all together: some twenty times DCT-Net.</summary>
    private const long MaxWork = 64 << 20;

    private const int MaxConvolutions = 64;

    private const int MaxSide = 4096;

    private readonly SourceGraph _source;
    private readonly OnnxGraph _graph = new();
    private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PictureValue> _pictures = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);
    private readonly List<(int Side, int Stride, int Input, int Output)> _convolutions = [];
    private long _work;
    private int _names;

    private GraphConverter(SourceGraph source) => _source = source;

    /// <summary>Converts.</summary>
    /// <returns>An ONNX file: <see cref="Input"/> to <see cref="Output"/>, float32 [H, W, 3] B, G, R, 0..255.</returns>
    /// <exception cref="ModelFormatException">The graph is not DCT-Net.</exception>
    public static byte[] Convert(SourceGraph source)
    {
        var shape = source.Nodes[source.Input].Shape;
        int[] sides = shape switch
        {
            null => [-1, -1],
            [var height, var width, 3] => [height, width],
            [1 or -1, var height, var width, 3] => [height, width],
            _ => throw new ModelFormatException($"its input is [{string.Join(", ", shape)}]; DCT-Net's is [height, width, 3]"),
        };
        if (sides is [-1, -1])
        {
            // A size that leaked into the network would show as a difference.
            var network = new GraphConverter(source).Convert(48, 64, shape?.Length ?? 3);
            return network.AsSpan().SequenceEqual(new GraphConverter(source).Convert(80, 32, shape?.Length ?? 3))
                ? network
                : throw new ModelFormatException("it draws pictures of different sizes differently; DCT-Net does not");
        }

        return sides is [>= 16 and <= MaxSide, >= 16 and <= MaxSide] && sides.All(side => side % 16 == 0)
            ? new GraphConverter(source).Convert(sides[0], sides[1], shape!.Length)
            : throw new ModelFormatException($"its input is {sides[0]} x {sides[1]} pixels; sides must be free, or multiples of 16 up to {MaxSide}");
    }

    private byte[] Convert(int height, int width, int rank)
    {
        var order = _source.InOrder();
        foreach (var input in order.SelectMany(name => _source.Nodes[name].Inputs))
        {
            _uses[input] = _uses.GetValueOrDefault(input) + 1;
        }

        _graph.Input(Input, "height", "width", 3L);
        _graph.Output(Output, "height", "width", 3L);
        _graph.Integers("batch", 0);
        _graph.Node("Unsqueeze", [Input, "batch"], "batched");
        _pictures[_source.Input] = new PictureValue(height, width, 3)
        {
            Rank = rank,
            Name = _graph.Node("Transpose", ["batched"], "picture", ("perm", new[] { 0L, 3, 1, 2 })),
        };
        foreach (var name in order.Where(name => name != _source.Input))
        {
            Convert(name, _source.Nodes[name]);
        }

        DctNetArchitecture.Check(_convolutions);
        if (!_pictures.TryGetValue(_source.Output, out var result) || (result.Height, result.Width, result.Channels) != (height, width, 3))
        {
            throw new ModelFormatException("its result is not a picture of the input's size");
        }

        Finish(NameOf(result));
        var metadata = new Dictionary<string, string> { ["source"] = _source.Format };
        return _graph.Build("dctnet", "DctNet.ModelTools", metadata);
    }

    private void Finish(string result)
    {
        if (!IsStretched(_source.Output))
        {
            result = Node("Add", [result, Scalar(1)]);
            result = Node("Mul", [result, Scalar(127.5f)]);
        }

        result = Node("Clip", [result, Scalar(0), Scalar(255)]);
        result = Node("Transpose", [result], ("perm", new[] { 0L, 2, 3, 1 }));
        _graph.Node("Squeeze", [result, "batch"], Output);
    }

    /// <summary>True where the graph itself goes from -1..1 to 0..255; files for phones leave that to the program.</summary>
    private bool IsStretched(string name)
    {
        var node = _source.Nodes[name];
        while (KeepsRange(node) && Array.Find(node.Inputs, _pictures.ContainsKey) is { } input)
        {
            node = _source.Nodes[input];
        }

        return node.Operation == "Mul" && node.Inputs.Any(input => _constants.TryGetValue(input, out var factor) && factor.Values is [127.5f or 255f]);
    }

    /// <summary>True where what follows the stretching may stand: (r + 1) · 127.5 is also written r · 127.5 + 127.5.</summary>
    private bool KeepsRange(SourceNode node) => node.Operation switch
    {
        "Identity" or "Cast" or "StopGradient" or "Snapshot" or "Squeeze" or "Reshape" or "ExpandDims" or "StridedSlice" or "ReverseV2"
            or "ClipByValue" or "Minimum" or "Maximum" or "Round" => true,
        "Add" or "AddV2" or "BiasAdd" or "Sub" => node.Inputs.Any(_constants.ContainsKey),
        _ => false,
    };

    private void Convert(string name, SourceNode node)
    {
        if (node.Value is { } value)
        {
            _constants[name] = value;
            return;
        }

        if (node.Inputs.Length > 0 && node.Inputs.All(_constants.ContainsKey))
        {
            _constants[name] = Constants.Compute(node, [.. node.Inputs.Select(input => _constants[input])]) ?? throw Foreign(node);
            Spend(_constants[name].Values.Length);
            return;
        }

        switch (node.Operation)
        {
            case "Shape":
                _constants[name] = Tensor.Vector(Array.ConvertAll(Picture(node, 0).Shape, side => (float)side));
                break;
            case "OnesLike":
                var ones = new float[Tensor.Count(Picture(node, 0).Shape)];
                ones.AsSpan().Fill(1);
                _constants[name] = new Tensor(Picture(node, 0).Shape, ones);
                Spend(ones.Length);
                break;
            default:
                _pictures[name] = ConvertPicture(node);
                break;
        }
    }

    private PictureValue ConvertPicture(SourceNode node)
    {
        switch (node.Operation)
        {
            case "Identity" or "Cast" or "StopGradient" or "Snapshot":
                return Picture(node, 0);
            case "Reshape":
                var source = Picture(node, 0);
                return Reinterpret(source, Constants.Reshaped(Constant(node, 1).ToIntegers(), source.Height * source.Width * source.Channels));
            case "ExpandDims":
                return Reinterpret(Picture(node, 0), [1, .. Picture(node, 0).Shape]);
            case "Squeeze":
                return Reinterpret(Picture(node, 0), Picture(node, 0).Shape[^3..]);
            case "StridedSlice":
                return Slice(node);
            case "ReverseV2" when Constant(node, 1).ToIntegers() is [var axis] && (axis == -1 || axis == Picture(node, 0).Rank - 1):
                return Reversed(Picture(node, 0));
            case "Pad" or "PadV2" or "MirrorPad":
                return Pad(node);
            case "Conv2D":
                return Convolve(node);
            case "DepthwiseConv2dNative":
                return Filter(node);
            case "AvgPool":
                return Pool(Picture(node, 0), node.Window, node.Stride, node.Padding);
            case "ResizeBilinear" or "ResizeNearestNeighbor":
                return Resize(node);
            case "FusedBatchNorm" or "FusedBatchNormV2" or "FusedBatchNormV3":
                return Normalise(node);
            case "Add" or "AddV2" or "BiasAdd" or "Sub" or "Mul" or "RealDiv" or "Maximum" or "Minimum":
                return Combine(node);
            case "ClipByValue":
                return Unary(node, "Clip", Scalar(Number(node, 1)), Scalar(Number(node, 2)));
            case "LeakyRelu":
                return Named(Picture(node, 0), Node("LeakyRelu", [NameOf(Picture(node, 0))], ("alpha", node.Number)));
            case "Relu6":
                return Unary(node, "Clip", Scalar(0), Scalar(6));
            case "Square":
                return Unary(node, "Mul", NameOf(Picture(node, 0)));
            case "Prelu":
                return Unary(node, "PRelu", PerChannel(node, 1));
            case "Relu" or "Abs" or "Neg" or "Tanh" or "Sigmoid" or "Round":
                return Unary(node, node.Operation);
            default:
                throw Foreign(node);
        }
    }

    private PictureValue Unary(SourceNode node, string operation, params string[] further)
    {
        var picture = Picture(node, 0);
        return Named(picture, Node(operation, [NameOf(picture), .. further]));
    }

    private PictureValue Combine(SourceNode node)
    {
        var operation = node.Operation switch
        {
            "AddV2" or "BiasAdd" => "Add",
            "RealDiv" => "Div",
            "Maximum" => "Max",
            "Minimum" => "Min",
            var same => same,
        };
        if (node.Inputs is not [var left, var right])
        {
            throw Foreign(node);
        }

        var (a, b) = (_pictures.GetValueOrDefault(left), _pictures.GetValueOrDefault(right));
        if (a is not null && b is not null)
        {
            return a.SameSize(b) ? Named(a, Node(operation, [NameOf(a), NameOf(b)])) : throw new ModelFormatException("two pictures of different sizes meet");
        }

        var picture = a ?? b ?? throw Foreign(node);
        var constant = a is null ? 0 : 1;
        if (Folded(operation, node, picture, constant) is { } folded)
        {
            return folded;
        }

        var other = PerChannel(node, constant);
        return Named(picture, Node(operation, constant == 1 ? [NameOf(picture), other] : [other, NameOf(picture)]));
    }

    /// <summary>The value held back with a constant folded into it; null where that cannot be.</summary>
    private PictureValue? Folded(string operation, SourceNode node, PictureValue picture, int constant)
    {
        var tensor = Constant(node, constant);
        if (picture.Box is not null && operation == "Add" && Array.TrueForAll(tensor.Values, value => value == 0))
        {
            return picture;
        }

        if (picture.Box is { } box && tensor.Values.Length == picture.Height * picture.Width && tensor.Values.Length > 1)
        {
            var map = (operation, constant) switch
            {
                ("Mul", _) => tensor.Values,
                ("Div", 1) => Array.ConvertAll(tensor.Values, value => 1 / value),
                _ => null,
            };
            return map is not null && box.IsMeanUnder(map, picture.Height, picture.Width)
                ? Pool(new PictureValue(picture.Height, picture.Width, picture.Channels) { Rank = picture.Rank, Name = box.Input }, box.Side, 1, "SAME")
                : null;
        }

        if (picture is not { Convolution: not null, Name: null } || _uses[node.Inputs[1 - constant]] != 1)
        {
            return null;
        }

        var values = Values(tensor, picture.Channels);
        var (ones, zeros) = (Enumerable.Repeat(1f, values.Length).ToArray(), new float[values.Length]);
        return (operation, constant) switch
        {
            ("Add", _) => Then(picture, ones, values),
            ("Sub", 1) => Then(picture, ones, Array.ConvertAll(values, value => -value)),
            ("Mul", _) => Then(picture, values, zeros),
            ("Div", 1) => Then(picture, Array.ConvertAll(values, value => 1 / value), zeros),
            _ => null,
        };
    }

    private PictureValue Then(PictureValue picture, float[] scale, float[] shift)
    {
        Spend(picture.Convolution!.Kernel.Length);
        return picture with { Convolution = picture.Convolution.Then(scale, shift) };
    }

    private PictureValue Normalise(SourceNode node)
    {
        var picture = Picture(node, 0);
        if (node.Inputs.Length != 5)
        {
            throw Foreign(node);
        }

        var parts = Enumerable.Range(1, 4).Select(i => Values(Constant(node, i), picture.Channels)).ToArray();
        var scale = new float[picture.Channels];
        var shift = new float[picture.Channels];
        for (var c = 0; c < scale.Length; c++)
        {
            scale[c] = parts[0][c] / MathF.Sqrt(parts[3][c] + node.Number);
            shift[c] = parts[1][c] - (parts[2][c] * scale[c]);
        }

        if (picture is { Convolution: not null, Name: null } && _uses[node.Inputs[0]] == 1)
        {
            return Then(picture, scale, shift);
        }

        var scaled = Node("Mul", [NameOf(picture), PerChannel(scale)]);
        return Named(picture, Node("Add", [scaled, PerChannel(shift)]));
    }

    private PictureValue Convolve(SourceNode node)
    {
        var (picture, kernel) = (Picture(node, 0), Constant(node, 1));
        if (kernel.Shape.Length != 4 || node.Kernel is not (KernelLayout.Hwio or KernelLayout.Ohwi))
        {
            throw Foreign(node);
        }

        var (height, width, input, output) = node.Kernel == KernelLayout.Hwio
            ? (kernel.Shape[0], kernel.Shape[1], kernel.Shape[2], kernel.Shape[3])
            : (kernel.Shape[1], kernel.Shape[2], kernel.Shape[3], kernel.Shape[0]);
        if (height == 0 || height != width || input != picture.Channels || output == 0 || _convolutions.Count == MaxConvolutions)
        {
            throw new ModelFormatException($"it is another network: convolution {_convolutions.Count + 1} is none of DCT-Net's");
        }

        if (NameOf(picture) == "picture")
        {
            throw new ModelFormatException("it does not bring 0..255 to -1..1 itself, as DCT-Net does");
        }

        Spend(kernel.Values.Length);
        _convolutions.Add((height, node.Stride, input, output));
        var taps = height * width;
        var values = new float[kernel.Values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var (tap, c, o) = (i % taps, i / taps % input, i / taps / input);
            values[i] = kernel.Values[node.Kernel == KernelLayout.Hwio ? (((tap * input) + c) * output) + o : (((o * taps) + tap) * input) + c];
        }

        return Windowed(picture, height, node.Stride, node.Padding, output) with
        {
            Convolution = new PendingConvolution(NameOf(picture), values, new float[output], height, node.Stride, node.Padding),
        };
    }

    private PictureValue Filter(SourceNode node)
    {
        var (picture, kernel) = (Picture(node, 0), Constant(node, 1));
        int[] shape = kernel.Shape is not [var a, var b, var c, var d] ? []
            : node.Kernel == KernelLayout.HwcDepthwise ? [a, b, c, d] : [b, c, d, a];
        var uniform = kernel.Values.AsSpan().IndexOfAnyExcept(kernel.Values.FirstOrDefault()) < 0;
        return shape is [var side and > 0 and <= 15, var width, var channels, 1] && width == side && side % 2 == 1 && channels == picture.Channels
            && uniform && node is { Stride: 1, Padding: "SAME" }
            ? new PictureValue(picture.Height, picture.Width, picture.Channels)
            {
                Rank = picture.Rank,
                Box = new PendingBox(NameOf(picture), side, kernel.Values[0]),
            }
            : throw new ModelFormatException("it has a depthwise convolution that is no box filter; DCT-Net has not");
    }

    private PictureValue Pool(PictureValue picture, int side, int stride, string padding)
    {
        // ONNX counts only pixels that are there unless told otherwise, as TensorFlow does.
        var name = Node(
            "AveragePool",
            [NameOf(picture)],
            ("kernel_shape", new long[] { side, side }),
            ("strides", new long[] { stride, stride }),
            ("auto_pad", padding == "SAME" ? "SAME_UPPER" : "VALID"));
        return Windowed(picture, side, stride, padding, picture.Channels) with { Name = name };
    }

    private static PictureValue Windowed(PictureValue picture, int side, int stride, string padding, int channels)
    {
        var height = Constants.Window(picture.Height, side, stride, padding).Side;
        var width = Constants.Window(picture.Width, side, stride, padding).Side;
        return height > 0 && width > 0
            ? new PictureValue(height, width, channels) { Rank = picture.Rank }
            : throw new ModelFormatException("a window is larger than its picture");
    }

    private PictureValue Resize(SourceNode node)
    {
        var picture = Picture(node, 0);
        var linear = node.Operation == "ResizeBilinear";
        if (Constant(node, 1).ToIntegers() is not [var height, var width] || height % picture.Height != 0 || width % picture.Width != 0
            || height / picture.Height is not (>= 1 and <= 8) || width / picture.Width is not (>= 1 and <= 8)
            || Math.Max(height, width) > MaxSide || (node.AlignCorners && !linear))
        {
            throw new ModelFormatException("it resizes otherwise than DCT-Net, by whole factors");
        }

        var scales = Constant("scales", [4], 1, 1, (float)height / picture.Height, (float)width / picture.Width);
        var mode = node.AlignCorners ? "align_corners" : node.HalfPixelCenters && linear ? "half_pixel" : "asymmetric";
        var name = Node(
            "Resize",
            [NameOf(picture), "", scales],
            ("mode", linear ? "linear" : "nearest"),
            ("coordinate_transformation_mode", mode),
            ("nearest_mode", "floor"));
        return new PictureValue(height, width, picture.Channels) { Rank = picture.Rank, Name = name };
    }

    private PictureValue Pad(SourceNode node)
    {
        var picture = Picture(node, 0);
        var pads = Constant(node, 1).ToIntegers();
        if (pads.Length != picture.Rank * 2)
        {
            throw Foreign(node);
        }

        var (rows, columns) = (pads[^6..^4], pads[^4..^2]);
        var rest = pads[..^6].Concat(pads[^2..]);
        if (rest.Any(pad => pad != 0) || rows.Concat(columns).Any(pad => pad is < 0 or > 16) || (node.Operation == "PadV2" && Number(node, 2) != 0))
        {
            throw new ModelFormatException("it pads otherwise than DCT-Net");
        }

        var name = $"pads{_names++}";
        _graph.Integers(name, 0, 0, rows[0], columns[0], 0, 0, rows[1], columns[1]);
        var padded = Node("Pad", [NameOf(picture), name], ("mode", node.Operation == "MirrorPad" ? "reflect" : "constant"));
        return new PictureValue(picture.Height + rows.Sum(), picture.Width + columns.Sum(), picture.Channels) { Rank = picture.Rank, Name = padded };
    }

    /// <summary>A slice that only adds or removes dimensions of one, or turns the channels round.</summary>
    private PictureValue Slice(SourceNode node)
    {
        var picture = Picture(node, 0);
        var (begin, end, stride) = (Constant(node, 1).ToIntegers(), Constant(node, 2).ToIntegers(), Constant(node, 3).ToIntegers());
        if (begin.Length != end.Length || begin.Length != stride.Length || begin.Length > 8)
        {
            throw Foreign(node);
        }

        var (shape, from, reversed) = (new List<int>(), 0, false);
        for (var i = 0; i < begin.Length; i++)
        {
            var bit = 1 << i;
            if ((node.EllipsisMask & bit) != 0)
            {
                var following = Enumerable.Range(i + 1, begin.Length - i - 1).Count(j => (node.NewAxisMask & (1 << j)) == 0);
                for (; from < picture.Rank - following; from++)
                {
                    shape.Add(picture.Shape[from]);
                }
            }
            else if ((node.NewAxisMask & bit) != 0)
            {
                shape.Add(1);
            }
            else if (from < picture.Rank)
            {
                var side = picture.Shape[from++];
                var backwards = stride[i] == -1;
                var first = (node.BeginMask & bit) != 0 || begin[i] == (backwards ? side - 1 : 0) || begin[i] == (backwards ? -1 : -side);
                var last = (node.EndMask & bit) != 0 || (backwards ? end[i] < -side : end[i] >= side);
                var shrinks = (node.ShrinkAxisMask & bit) != 0;
                if (shrinks ? side != 1 || !first : !first || !last || !(stride[i] == 1 || (backwards && from == picture.Rank)))
                {
                    throw new ModelFormatException("it cuts the picture; DCT-Net does not");
                }

                reversed |= backwards;
                shape.AddRange(shrinks ? [] : [side]);
            }
        }

        shape.AddRange(picture.Shape[from..]);
        var result = Reinterpret(picture, [.. shape]);
        return reversed ? Reversed(result) : result;
    }

    private PictureValue Reversed(PictureValue picture)
    {
        var indices = $"reversed{_names++}";
        _graph.Integers(indices, [.. Enumerable.Range(0, picture.Channels).Reverse().Select(i => (long)i)]);
        return Named(picture, Node("Gather", [NameOf(picture), indices], ("axis", 1L)));
    }

    private static PictureValue Reinterpret(PictureValue picture, int[] shape) =>
        shape is [1, ..] and { Length: 4 } or { Length: 3 } && shape.AsSpan()[^3..].SequenceEqual([picture.Height, picture.Width, picture.Channels])
            ? picture with { Rank = shape.Length }
            : throw new ModelFormatException($"it takes a picture for [{string.Join(", ", shape)}]; DCT-Net does not");

    private static PictureValue Named(PictureValue like, string name) =>
        new(like.Height, like.Width, like.Channels) { Rank = like.Rank, Name = name };

    /// <summary>The value's name in the ONNX graph, written now if it was held back.</summary>
    private string NameOf(PictureValue picture)
    {
        if (picture.Name is { } name)
        {
            return name;
        }

        if (picture.Box is not null)
        {
            throw new ModelFormatException("it sums over a window without dividing by the pixels in it; DCT-Net's guided filter does");
        }

        var convolution = picture.Convolution!;
        var inputs = convolution.Kernel.Length / convolution.Bias.Length / (convolution.Side * convolution.Side);
        long[] shape = [convolution.Bias.Length, inputs, convolution.Side, convolution.Side];
        var (kernel, bias) = (Constant("kernel", shape, convolution.Kernel), Constant("bias", [shape[0]], convolution.Bias));
        return picture.Name = Node(
            "Conv",
            [convolution.Input, kernel, bias],
            ("kernel_shape", shape[2..]),
            ("strides", new long[] { convolution.Stride, convolution.Stride }),
            ("auto_pad", convolution.Padding == "SAME" ? "SAME_UPPER" : "VALID"));
    }

    private string Node(string operation, string[] inputs, params (string Name, object Value)[] attributes) =>
        _graph.Node(operation, inputs, string.Create(CultureInfo.InvariantCulture, $"{operation.ToLowerInvariant()}{_names++}"), attributes);

    private string Constant(string name, long[] shape, params float[] values)
    {
        Spend(values.Length);
        return _graph.Exact($"{name}{_names++}", shape, values);
    }

    private string Scalar(float value) => Constant("number", [], value);

    private string PerChannel(SourceNode node, int input)
    {
        var picture = Picture(node, 1 - input);
        var tensor = Constant(node, input);
        return tensor.Values.Length == 1 ? Scalar(tensor.Values[0]) : PerChannel(Values(tensor, picture.Channels));
    }

    private string PerChannel(float[] values) => Constant("channels", [1, values.Length, 1, 1], values);

    /// <summary>One number for each channel.</summary>
    private static float[] Values(Tensor tensor, int channels) =>
        tensor.Values.Length == 1 ? [.. Enumerable.Repeat(tensor.Values[0], channels)]
        : tensor.Values.Length == channels && tensor.Shape is [.., var last] && last == channels ? tensor.Values
        : throw new ModelFormatException($"a constant [{string.Join(", ", tensor.Shape)}] meets a picture of {channels} channels; DCT-Net has no such");

    private float Number(SourceNode node, int input) =>
        Constant(node, input).Values is [var value] ? value : throw Foreign(node);

    private Tensor Constant(SourceNode node, int input) =>
        input < node.Inputs.Length && _constants.TryGetValue(node.Inputs[input], out var value) ? value : throw Foreign(node);

    private PictureValue Picture(SourceNode node, int input) =>
        input < node.Inputs.Length && _pictures.TryGetValue(node.Inputs[input], out var value) ? value : throw Foreign(node);

    private void Spend(long work)
    {
        _work += work;
        if (_work > MaxWork)
        {
            throw new ModelFormatException("it computes more from its constants than any DCT-Net");
        }
    }

    private static ModelFormatException Foreign(SourceNode node) => node.Operation switch
    {
        "Variable" or "VariableV2" or "VarHandleOp" or "ReadVariableOp" => new("the graph is not frozen: its weights are elsewhere"),
        var operation => new($"it has the operation {SourceGraph.Shown(operation)} in a place or form that DCT-Net has not"),
    };
}
