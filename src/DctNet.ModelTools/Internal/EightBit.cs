using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace DctNet.ModelTools;

/// <summary>
/// Puts QuantizeLinear and DequantizeLinear around convolutions: activations uint8 with one scale each, kernels int8 with one for each
/// output channel. ONNX Runtime makes integer convolutions of the pattern.
/// </summary>
/// <remarks>
/// Kernels, scales and biases may depend on a style vector. What is computed of it here, and the biases as int32, become constants on loading
/// where the style is one, as it is in the service; with the style as an input the network draws the same, but slowly.
/// </remarks>
internal sealed class EightBit
{
    /// <summary>Convolutions from or to fewer channels see the picture itself, where an eighth of a level shows; they stay float.</summary>
    private const int LeastChannels = 16;

    /// <summary>As large as a bias may become as an integer.</summary>
    private const float MostBias = 1 << 30;

    private const string Flat = "int8.flat", Least = "int8.least", PerLevel = "int8.per.level";

    private static readonly byte[] s_perChannel = OnnxAttribute.Integer("axis", 0);

    private readonly OnnxFile _file;
    private readonly Dictionary<string, OnnxNode> _producers = new(StringComparer.Ordinal);

    /// <summary>By the node that gives the result.</summary>
    private readonly Dictionary<OnnxNode, Convolution> _convolutions = [];

    /// <param name="file">A network.</param>
    /// <param name="picture">Its input that is no style: what depends on it is an activation.</param>
    public EightBit(OnnxFile file, string picture)
    {
        _file = file;
        var pictures = new HashSet<string>(StringComparer.Ordinal) { picture };
        foreach (var node in file.Nodes)
        {
            foreach (var output in node.Outputs)
            {
                _producers.Add(output, node);
            }

            if (node.Inputs.Any(pictures.Contains))
            {
                pictures.UnionWith(node.Outputs);
            }
        }

        FindConvolutions(pictures);
        Activations = FindActivations();
    }

    /// <summary>The values that become integers; their ranges are wanted.</summary>
    public IReadOnlyList<string> Activations { get; }

    /// <summary>
    /// The part of the range of some values, 0 in it, that 256 levels serve best: least mean squared error of rounding within and clipping
    /// without. A few far values would cost all others their precision.
    /// </summary>
    public static (float Least, float Most) Range(ReadOnlySpan<float> values)
    {
        var (least, most) = (Math.Min(0, TensorPrimitives.Min(values)), Math.Max(0, TensorPrimitives.Max(values)));
        var (best, part) = (double.MaxValue, 1f);
        for (var candidate = 1f; candidate > 0.2f; candidate -= 0.05f)
        {
            var (low, high) = (least * candidate, most * candidate);
            var error = values.Length * Math.Pow((high - low) / 255, 2) / 12;
            foreach (var value in values)
            {
                var clipped = value - Math.Clamp(value, low, high);
                error += clipped * clipped;
            }

            if (error < best)
            {
                (best, part) = (error, candidate);
            }
        }

        return (least * part, most * part);
    }

    public void Apply(IReadOnlyDictionary<string, (float Least, float Most)> ranges)
    {
        var scales = new Dictionary<string, float>();
        var nodes = _file.Nodes.ToArray();
        _file.Nodes.Clear();
        Integers(Flat, -1);
        Number(Least, ByteRows.LeastScale);
        Number(PerLevel, 1 / 127f);
        foreach (var node in nodes)
        {
            if (_convolutions.TryGetValue(node, out var convolution))
            {
                var input = convolution.Node.Inputs[0];
                string[] inputs = [$"{input}.dq", .. OfIntegers(convolution, node.Outputs[0], scales[input])];
                _file.Nodes.Add(convolution.Node with { Inputs = inputs, Outputs = node.Outputs });
            }
            else
            {
                _file.Nodes.Add(node with { Inputs = Array.ConvertAll(node.Inputs, input => ranges.ContainsKey(input) ? $"{input}.dq" : input) });
            }

            if (node.Outputs is [var output] && ranges.TryGetValue(output, out var range))
            {
                var scale = Math.Max((range.Most - range.Least) / 255, ByteRows.LeastScale);
                scales[output] = scale;
                Number($"{output}.scale", scale);
                Add($"{output}.zero", [], OnnxTensor.UInt8, [(byte)Math.Clamp(MathF.Round(-range.Least / scale), 0, 255)]);
                Node("QuantizeLinear", [output, $"{output}.scale", $"{output}.zero"], $"{output}.q");
                Node("DequantizeLinear", [$"{output}.q", $"{output}.scale", $"{output}.zero"], $"{output}.dq");
            }
        }

        RemoveUnused();
    }

    private void FindConvolutions(HashSet<string> pictures)
    {
        var users = _file.Nodes.SelectMany(node => node.Inputs.Select(input => (input, node))).ToLookup(e => e.input, e => e.node);
        foreach (var node in _file.Nodes.Where(node => node.Operation == "Conv"))
        {
            if (node.Inputs.Skip(1).Any(pictures.Contains) || Shape(node.Inputs[1]) is not [>= LeastChannels, >= LeastChannels, _, _])
            {
                continue;
            }

            // A scale and a bias per channel that follow go into the kernels; in between there would be an activation more.
            if (node.Inputs.Length == 2
                && users[node.Outputs[0]].ToArray() is [{ Operation: "Mul" } mul] && Other(mul, node.Outputs[0]) is var scale && !pictures.Contains(scale)
                && users[mul.Outputs[0]].ToArray() is [{ Operation: "Add" } add] && Other(add, mul.Outputs[0]) is var bias && !pictures.Contains(bias)
                && Shape(scale) is [1, _, 1, 1] && Shape(bias) is [1, _, 1, 1])
            {
                _convolutions.Add(add, new Convolution(node, scale, bias));
            }
            else
            {
                _convolutions.Add(node, new Convolution(node, null, node.Inputs is [_, _, { Length: > 0 } constant] ? constant : null));
            }
        }

        static string Other(OnnxNode node, string input) => node.Inputs[node.Inputs[0] == input ? 1 : 0];
    }

    /// <summary>Results that other integer operations can take as they are: convolutions, and what lies between them.</summary>
    private List<string> FindActivations()
    {
        var found = new HashSet<string>(_convolutions.Values.Select(convolution => convolution.Node.Inputs[0])
            .Where(input => _producers.TryGetValue(input, out var producer) && producer.Outputs.Length == 1));
        found.UnionWith(_convolutions.Keys.Select(node => node.Outputs[0]));
        foreach (var node in _file.Nodes)
        {
            if (node.Operation is "LeakyRelu" or "Relu" or "Resize" or "Add" && node.Inputs.Where(i => _producers.ContainsKey(i)).All(found.Contains)
                && node.Inputs.Any(found.Contains))
            {
                found.Add(node.Outputs[0]);
            }
        }

        foreach (var (node, _) in _convolutions.Where(entry => !found.Contains(entry.Value.Node.Inputs[0])).ToArray())
        {
            _convolutions.Remove(node);
        }

        return _convolutions.Count > 0 ? [.. found] : throw new ModelFormatException("it has no convolution to compute in integers");
    }

    /// <summary>A convolution's kernel and bias, as integers and back.</summary>
    private string[] OfIntegers(Convolution convolution, string name, float inputScale)
    {
        var source = convolution.Node.Inputs[1];
        var (kernel, scales) = Constant(source) is { } constant ? Stored(constant, $"{name}.kernel") : Computed(source, $"{name}.kernel");
        if (convolution.Scale is { } scale)
        {
            // As integers the kernel is the same; only what they stand for is scaled.
            scales = Node("Mul", [scales, Node("Reshape", [scale, Flat], $"{name}.factors")], $"{name}.scales.styled");
        }

        var bias = convolution.Bias is null ? null : Node("Reshape", [convolution.Bias, Flat], $"{name}.bias.flat");
        var least = Least;
        if (bias is not null)
        {
            // A channel with hardly a kernel is all bias, and that has to stay an int32.
            Number($"{name}.bias.least", 1 / (MostBias * inputScale));
            least = Node("Max", [Node("Mul", [Node("Abs", [bias], $"{name}.bias.size"), $"{name}.bias.least"], $"{name}.least.plain"), Least], $"{name}.least");
        }

        var small = Node("Less", [Node("Abs", [scales], $"{name}.scales.size"), least], $"{name}.scales.small");
        scales = Node("Where", [small, least, scales], $"{name}.scales.kept");
        var channels = Shape(source)![0];
        var kernelBack = Dequantized(kernel, scales, OnnxTensor.Int8, channels, $"{name}.kernel");
        if (bias is null)
        {
            return [kernelBack];
        }

        Number($"{name}.input.scale", inputScale);
        var biasScales = Node("Mul", [scales, $"{name}.input.scale"], $"{name}.bias.scales");
        var rounded = Node("Round", [Node("Div", [bias, biasScales], $"{name}.bias.ratio")], $"{name}.bias.round");
        var integers = Node("Cast", [rounded], $"{name}.bias.int32", ToType(OnnxTensor.Int32));
        return [kernelBack, Dequantized(integers, biasScales, OnnxTensor.Int32, channels, $"{name}.bias")];
    }

    private string Dequantized(string integers, string scales, int type, long channels, string name)
    {
        Add($"{name}.zeros", [channels], type, new byte[channels * (type == OnnxTensor.Int32 ? sizeof(int) : 1)]);
        return Node("DequantizeLinear", [integers, scales, $"{name}.zeros"], $"{name}.dq", s_perChannel);
    }

    private (string Integers, string Scales) Stored(OnnxTensor kernel, string name)
    {
        var (integers, scales) = ByteRows.Quantize(Values(kernel), (int)kernel.Shape[0]);
        Add($"{name}.int8", kernel.Shape, OnnxTensor.Int8, MemoryMarshal.AsBytes<sbyte>(integers));
        Add($"{name}.scales", [kernel.Shape[0]], OnnxTensor.Float, MemoryMarshal.AsBytes<float>(scales));
        return ($"{name}.int8", $"{name}.scales");
    }

    /// <summary>
    /// Kernels that are computed, such as those mixed for a style, as integers, and their scales. What <see cref="OnnxGraph.ByteWeights"/> stored comes
    /// out integer by integer, of a single style too: the largest is 127 again.
    /// </summary>
    private (string Integers, string Scales) Computed(string kernel, string name)
    {
        var shape = Shape(kernel)!;
        Integers($"{name}.plane", 1, shape[0], -1);
        var plane = Node("Reshape", [Node("Abs", [kernel], $"{name}.size"), $"{name}.plane"], $"{name}.size.plane");
        var largest = Node("Reshape", [Node("GlobalMaxPool", [plane], $"{name}.largest"), Flat], $"{name}.largest.flat");
        var scales = Node("Max", [Node("Mul", [largest, PerLevel], $"{name}.scales.plain"), Least], $"{name}.scales");
        Add($"{name}.none", [shape[0]], OnnxTensor.Int8, new byte[shape[0]]);
        return (Node("QuantizeLinear", [kernel, scales, $"{name}.none"], $"{name}.int8", s_perChannel), scales);
    }

    // What only the float network needed.
    private void RemoveUnused()
    {
        var used = new HashSet<string>(_file.Outputs, StringComparer.Ordinal);
        for (var i = _file.Nodes.Count - 1; i >= 0; i--)
        {
            if (_file.Nodes[i].Outputs.Any(used.Contains))
            {
                used.UnionWith(_file.Nodes[i].Inputs);
            }
            else
            {
                _file.Nodes.RemoveAt(i);
            }
        }

        foreach (var name in _file.Initialisers.Keys.Where(name => !used.Contains(name)).ToArray())
        {
            _file.Initialisers.Remove(name);
        }
    }

    private static byte[] ToType(int type) => OnnxAttribute.Integer("to", type);

    private string Node(string operation, string[] inputs, string output, params byte[][] attributes)
    {
        _file.Nodes.Add(new OnnxNode(operation, inputs, [output], attributes));
        return output;
    }

    private void Add(string name, long[] shape, int type, ReadOnlySpan<byte> data)
    {
        if (!_file.Initialisers.TryAdd(name, new OnnxTensor(name, shape, type, data.ToArray())))
        {
            throw new ModelFormatException($"a constant of it is named {name} already");
        }
    }

    private void Number(string name, float value) => Add(name, [], OnnxTensor.Float, MemoryMarshal.AsBytes([value]));

    private void Integers(string name, params long[] values) => Add(name, [values.Length], OnnxTensor.Int64, MemoryMarshal.AsBytes<long>(values));

    /// <summary>The shape of a constant or of what is reshaped to a constant shape; null of anything else.</summary>
    private long[]? Shape(string name) => Constant(name)?.Shape
        ?? (_producers.TryGetValue(name, out var node) && node is { Operation: "Reshape", Inputs: [_, var shape] } && Constant(shape) is { Type: OnnxTensor.Int64 } sides
            ? MemoryMarshal.Cast<byte, long>(sides.Data).ToArray()
            : null);

    /// <summary>The initialiser behind a name, through a cast; null where it is computed.</summary>
    private OnnxTensor? Constant(string name) =>
        _file.Initialisers.TryGetValue(name, out var tensor) ? tensor
        : _producers.TryGetValue(name, out var node) && node is { Operation: "Cast", Inputs: [var source] } ? _file.Initialisers.GetValueOrDefault(source)
        : null;

    private static float[] Values(OnnxTensor tensor) => tensor.Type == OnnxTensor.Float16
        ? Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(tensor.Data).ToArray(), value => (float)value)
        : MemoryMarshal.Cast<byte, float>(tensor.Data).ToArray();

    /// <summary>A convolution, and what its results are multiplied with and then added to, if anything.</summary>
    private sealed record Convolution(OnnxNode Node, string? Scale, string? Bias);
}
