using System.Globalization;
using static DctNet.ModelTools.Tests.GraphDefWriter;

namespace DctNet.ModelTools.Tests;

/// <summary>DCT-Net as a frozen graph, in the ways of <see cref="GraphVariant"/>.</summary>
internal sealed class FrozenDctNet
{
    private readonly GraphDefWriter _graph = new();
    private readonly GraphVariant _variant;
    private readonly DctNetWeights _weights;
    private readonly (string, byte[]) _float = ("T", Type(FloatType));
    private int _layer;
    private int _numbers;

    private FrozenDctNet(DctNetWeights weights, GraphVariant variant) => (_weights, _variant) = (weights, variant);

    public static byte[] Write(DctNetWeights weights, GraphVariant variant) => new FrozenDctNet(weights, variant).Write();

    private byte[] Write()
    {
        var side = _variant.FixedSide ?? -1;
        var input = _graph.Placeholder(
            Named("input_image", "photo"),
            _variant.UnknownRank ? null : _variant.Batch ? [1, side, side, 3] : [side, side, 3]);
        if (!_variant.Batch)
        {
            input = _graph.Node(Name("ExpandDims"), "ExpandDims", [input, Integers("ExpandDims/dim", [], 0)], _float);
        }

        var scaled = _variant.Products
            ? Node("Mul", input, Scalar(1 / 127.5f))
            : _graph.Node(Name("truediv"), "RealDiv", [input, Scalar(127.5f)], _float);
        var x = Node("Sub", scaled, Scalar(1));
        var full = Active(Conv(x, 1, "Conv"));
        var half = Active(Conv(Active(Conv(full, 2, "Conv_1")), 1, "Conv_2"));
        var deep = Active(Conv(Active(Conv(half, 2, "Conv_3")), 1, "Conv_4"));
        for (var block = 0; block < 4; block++)
        {
            deep = Add(Conv(Active(Conv(deep, 1, $"block_{block}/conv1")), 1, $"block_{block}/conv2"), deep);
        }

        var up = Add(Doubled(Active(Conv(deep, 1, "Conv_5")), 4), half);
        up = Active(Conv(Active(Conv(up, 1, "Conv_6")), 1, "Conv_7"));
        up = Active(Conv(Add(Doubled(up, 2), full), 1, "Conv_8"));
        var result = Guided(x, Conv(up, 1, "Conv_9"));
        if (_variant.SizeLeaks)
        {
            // A pool that comes back to the picture's size where that is 48, and to 36 where it is 32.
            var pooled = _graph.Node(
                Next("AvgPool"), "AvgPool", [result], _float,
                ("ksize", GraphDefWriter.Integers(1, 10, 10, 1)), ("strides", GraphDefWriter.Integers(1, 10, 10, 1)), ("padding", Text("VALID")));
            result = Add(result, Resized(Resized(pooled, Integers("size", [2], 24, 24)), Integers("size", [2], 48, 48)));
        }

        result = Node("Maximum", Node("Minimum", result, Scalar(0.999999f)), Scalar(-0.999999f));
        result = _variant.FoldedStretch
            ? Add(Node("Mul", result, Scalar(127.5f)), Scalar(127.5f))
            : Node("Mul", Add(result, Scalar(1)), Scalar(127.5f));
        if (_variant.Turned)
        {
            result = Reversed(Node("Snapshot", Reversed(Node("StopGradient", result))));
        }

        if (!_variant.Batch)
        {
            result = _variant.Turned
                ? Side(result, 0)
                : _graph.Node(Name("Squeeze"), "Squeeze", [result], _float, ("squeeze_dims", GraphDefWriter.Integers(0)));
        }

        var (operation, attributes) = _variant.ByteResult
            ? ("Cast", new[] { ("SrcT", Type(FloatType)), ("DstT", Type(UInt8Type)) })
            : ("Identity", [_float]);
        _graph.Node(Named("output_image", "result"), operation, [result], attributes);
        return _graph.ToBytes();
    }

    private string Name(string name) => $"{_variant.Scope}{name}";

    private string Named(string official, string other) => Name(_variant.OfficialNames ? official : other);

    private string Next(string operation) => string.Create(CultureInfo.InvariantCulture, $"{_variant.Scope}generator/{operation}_{_numbers++}");

    private string Node(string operation, params string[] inputs) => _graph.Node(Next(operation), operation, Ported(inputs), _float);

    private string[] Ported(string[] inputs) =>
        _variant.Ports ? [.. inputs.Select(input => $"{input}:0"), $"^{inputs[0]}"] : inputs;

    private string Add(string a, string b) => Node(_variant.AddV2 ? "AddV2" : "Add", a, b);

    private string Scalar(float value) => _graph.Constant(Next("Const"), [], [value], content: _variant.RawContent);

    private string Integers(string name, int[] shape, params float[] values) =>
        _graph.Constant(Next(name), shape, values, Int32Type, _variant.RawContent);

    private string Weights(string name, int[] shape, float[] values)
    {
        var constant = _graph.Constant(Name(name), shape, values, _variant.HalfWeights ? HalfType : FloatType, _variant.RawContent);
        if (_variant.HalfWeights)
        {
            constant = _graph.Node(Name($"{name}/cast"), "Cast", [constant], ("SrcT", Type(HalfType)), ("DstT", Type(FloatType)));
        }

        return _variant.ReadNodes
            ? _graph.Node(Name($"{name}/read"), "Identity", [constant], _float, ("_class", Texts($"loc:@{name}")))
            : constant;
    }

    private string Conv(string input, int stride, string scope)
    {
        var (kernel, bias) = _weights.Layers[_layer++];
        var channels = bias.Length;
        var normalised = _variant.BatchNorm || _variant.BatchNormAsProduct;
        if (_variant.PadNodes && stride == 1)
        {
            var pad = kernel.Shape[0] / 2;
            input = _graph.Node(Next("Pad"), "Pad", [input, Integers("Pad/paddings", [4, 2], 0, 0, pad, pad, pad, pad, 0, 0)], _float);
        }

        // A convolution of half the weights whose results are doubled is the same convolution.
        var values = normalised ? Array.ConvertAll(kernel.Values, value => value / 2) : kernel.Values;
        var weights = Weights($"generator/{scope}/weights", kernel.Shape, values);
        var biases = Weights($"generator/{scope}/biases", [channels], bias);
        (string, byte[])[] attributes =
        [
            _float,
            ("strides", GraphDefWriter.Integers(1, stride, stride, 1)),
            ("padding", Text(_variant.PadNodes && stride == 1 ? "VALID" : "SAME")),
            ("data_format", Text("NHWC")),
            ("dilations", GraphDefWriter.Integers(1, 1, 1, 1)),
        ];
        if (_variant.Fused)
        {
            // Residual convolutions have no activation.
            var active = !_variant.ReluAsMaximum && !scope.EndsWith("conv2", StringComparison.Ordinal) && scope != "Conv_9";
            return _graph.Node(
                Name($"generator/{scope}/{(active ? "fused" : "BiasAdd")}"),
                "_FusedConv2D",
                [input, weights, biases],
                [.. attributes, ("num_args", Integer(1)), ("fused_ops", active ? Texts("BiasAdd", "LeakyRelu") : Texts("BiasAdd")), ("leakyrelu_alpha", Real(0.2f))]);
        }

        var result = _graph.Node(Name($"generator/{scope}/Conv2D"), "Conv2D", Ported([input, weights]), attributes);
        if (_variant.BatchNormAsProduct)
        {
            return Add(Node("Mul", result, Weights($"generator/{scope}/scale", [channels], Repeat(2))), biases);
        }

        // Scale 2 · √(variance + ε) / √(variance + ε), mean 1: offset = bias + 2.
        return _variant.BatchNorm
            ? _graph.Node(
                Name($"generator/{scope}/bn"),
                "FusedBatchNormV3",
                [
                    result,
                    Weights($"generator/{scope}/gamma", [channels], Repeat(2 * MathF.Sqrt(0.75f + 0.001f))),
                    Weights($"generator/{scope}/beta", [channels], [.. bias.Select(value => value + 2)]),
                    Weights($"generator/{scope}/mean", [channels], Repeat(1)),
                    Weights($"generator/{scope}/variance", [channels], Repeat(0.75f)),
                ],
                _float,
                ("epsilon", Real(0.001f)),
                ("is_training", Flag(false)))
            : _graph.Node(Name($"generator/{scope}/BiasAdd"), "BiasAdd", [result, biases], _float, ("data_format", Text("NHWC")));

        float[] Repeat(float value) => [.. Enumerable.Repeat(value, channels)];
    }

    private string Active(string input)
    {
        if (_variant.Fused && !_variant.ReluAsMaximum)
        {
            return input;
        }

        if (_variant.ReluAsMaximum)
        {
            return Node("Maximum", Node("Mul", Scalar(0.2f), input), input);
        }

        // max(x, 0) · 0.8 + 0.2 · x
        return _variant.ReluAsSum
            ? Add(Node("Mul", Node("Relu", input), Scalar(0.8f)), Node("Mul", input, Scalar(0.2f)))
            : _graph.Node(Next("LeakyRelu"), "LeakyRelu", [input], _float, ("alpha", Real(0.2f)));
    }

    private string Doubled(string input, int divisor)
    {
        string size;
        if (_variant.FixedSide is { } side && !_variant.ComputedSizes)
        {
            size = Integers("ResizeBilinear/size", [2], side * 2 / divisor, side * 2 / divisor);
        }
        else
        {
            var shape = _graph.Node(Next("Shape"), "Shape", [input], _float, ("out_type", Type(Int32Type)));
            size = _graph.Node(Next("stack"), "Pack", [Twice(shape, 1), Twice(shape, 2)], ("T", Type(Int32Type)), ("N", Integer(2)), ("axis", Integer(0)));
        }

        return Resized(input, size);
    }

    private string Resized(string input, string size) => _graph.Node(
        Next("ResizeBilinear"), "ResizeBilinear", [input, size], _float, ("align_corners", Flag(false)), ("half_pixel_centers", Flag(false)));

    private string Reversed(string input) => Node("ReverseV2", input, Integers("axis", [1], -1));

    private string Twice(string shape, int axis) =>
        _graph.Node(Next("mul"), "Mul", [Side(shape, axis), Integers("mul/y", [], 2)], ("T", Type(Int32Type)));

    private string Side(string shape, int axis) => _graph.Node(
        Next("strided_slice"),
        "StridedSlice",
        [shape, Integers("stack", [1], axis), Integers("stack_1", [1], axis + 1), Integers("stack_2", [1], 1)],
        ("T", Type(Int32Type)),
        ("shrink_axis_mask", Integer(1)));

    private string Guided(string x, string y)
    {
        string? count = null;
        if (!_variant.Pools)
        {
            var shape = _graph.Node(Next("Shape"), "Shape", [x], _float);
            var one = Integers("one", [], 1);
            var size = _graph.Node(Next("ones/packed"), "Pack", [one, Side(shape, 1), Side(shape, 2), one], ("N", Integer(4)));
            count = Box(_graph.Node(Next("ones"), "Fill", [size, Scalar(1)], _float), 1);
        }

        var (meanX, meanY) = (Mean(x), Mean(y));
        var covariance = Node("Sub", Mean(Node("Mul", x, y)), Node("Mul", meanX, meanY));
        var variance = Node("Sub", Mean(Node("Mul", x, x)), Node("Mul", meanX, meanX));
        var slope = Node("RealDiv", covariance, Add(variance, Scalar(0.01f)));
        var offset = Node("Sub", meanY, Node("Mul", slope, meanX));
        return Add(Node("Mul", Mean(slope), x), Mean(offset));

        string Mean(string value) => count is null
            ? _graph.Node(
                Next("AvgPool"), "AvgPool", [value], _float,
                ("ksize", GraphDefWriter.Integers(1, 3, 3, 1)), ("strides", GraphDefWriter.Integers(1, 1, 1, 1)), ("padding", Text("SAME")))
            : _variant.Products
                ? Node("Mul", Box(value, 3), Node("RealDiv", Scalar(1), count))
                : Node("RealDiv", Box(value, 3), count);
    }

    private string Box(string value, int channels) => _graph.Node(
        Next("depthwise"),
        "DepthwiseConv2dNative",
        [value, _graph.Constant(Next("filter"), [3, 3, channels, 1], [.. Enumerable.Repeat(1 / 9f, 9 * channels)], content: _variant.RawContent)],
        _float,
        ("strides", GraphDefWriter.Integers(1, 1, 1, 1)),
        ("padding", Text("SAME")));
}
