using System.Runtime.InteropServices;

namespace DctNet.ModelTools;

/// <summary>
/// Puts QuantizeLinear and DequantizeLinear around convolutions: activations uint8 with one scale each, kernels int8 with one for each
/// output channel, biases int32. ONNX Runtime makes integer convolutions of the pattern.
/// </summary>
internal sealed class EightBit
{
    /// <summary>Convolutions from or to fewer channels see the picture itself, where an eighth of a level shows; they stay float.</summary>
    private const int LeastChannels = 16;

    private readonly OnnxFile _file;
    private readonly Dictionary<string, OnnxNode> _producers;
    private readonly List<OnnxNode> _convolutions;

    public EightBit(OnnxFile file)
    {
        _file = file;
        _producers = file.Nodes.SelectMany(node => node.Outputs.Select(output => (output, node))).ToDictionary(e => e.output, e => e.node);
        _convolutions = [.. file.Nodes.Where(node => node.Operation == "Conv"
            && Constant(node.Inputs[1]) is { Shape: [>= LeastChannels, >= LeastChannels, _, _] } && node.Inputs.Skip(2).All(b => Constant(b) is not null))];
        Activations = FindActivations();
    }

    /// <summary>The values that become integers; their ranges are wanted.</summary>
    public IReadOnlyList<string> Activations { get; }

    public void Apply(IReadOnlyDictionary<string, (float Least, float Most)> ranges)
    {
        var scales = new Dictionary<string, float>();
        var nodes = new List<OnnxNode>();
        foreach (var node in _file.Nodes)
        {
            var inputs = Array.ConvertAll(node.Inputs, input => ranges.ContainsKey(input) ? $"{input}.dq" : input);
            if (_convolutions.Contains(node))
            {
                inputs = Integers(node, inputs, scales[node.Inputs[0]], nodes);
            }

            nodes.Add(node with { Inputs = inputs });
            if (node.Outputs is [var output] && ranges.TryGetValue(output, out var range))
            {
                var (least, most) = (Math.Min(range.Least, 0), Math.Max(range.Most, 0));
                var scale = Math.Max((most - least) / 255, 1e-8f);
                scales[output] = scale;
                Add($"{output}.scale", [], OnnxTensor.Float, MemoryMarshal.AsBytes<float>([scale]));
                Add($"{output}.zero", [], OnnxTensor.UInt8, [(byte)Math.Clamp(MathF.Round(-least / scale), 0, 255)]);
                nodes.Add(new OnnxNode("QuantizeLinear", [output, $"{output}.scale", $"{output}.zero"], [$"{output}.q"], []));
                nodes.Add(new OnnxNode("DequantizeLinear", [$"{output}.q", $"{output}.scale", $"{output}.zero"], [$"{output}.dq"], []));
            }
        }

        _file.Nodes.Clear();
        _file.Nodes.AddRange(nodes);
        var used = _file.Nodes.SelectMany(node => node.Inputs).ToHashSet();
        _file.Nodes.RemoveAll(node => node.Operation == "Cast" && !used.Contains(node.Outputs[0]));
        used = [.. _file.Nodes.SelectMany(node => node.Inputs)];
        foreach (var name in _file.Initialisers.Keys.Where(name => !used.Contains(name)).ToArray())
        {
            _file.Initialisers.Remove(name);
        }
    }

    /// <summary>Results that other integer operations can take as they are: convolutions, and what lies between them.</summary>
    private List<string> FindActivations()
    {
        var found = new HashSet<string>(_convolutions.Select(node => node.Inputs[0]).Where(_producers.ContainsKey));
        found.UnionWith(_convolutions.Select(node => node.Outputs[0]));
        foreach (var node in _file.Nodes)
        {
            if (node.Operation is "LeakyRelu" or "Relu" or "Resize" or "Add" && node.Inputs.Where(i => _producers.ContainsKey(i)).All(found.Contains)
                && node.Inputs.Any(found.Contains))
            {
                found.Add(node.Outputs[0]);
            }
        }

        _convolutions.RemoveAll(node => !found.Contains(node.Inputs[0]));
        return [.. found];
    }

    private string[] Integers(OnnxNode convolution, string[] inputs, float inputScale, List<OnnxNode> nodes)
    {
        var kernel = Constant(convolution.Inputs[1])!;
        var name = $"{convolution.Outputs[0]}.kernel";
        var channels = (int)kernel.Shape[0];
        var weights = Values(kernel);
        var taps = weights.Length / channels;
        var scales = new float[channels];
        var integers = new sbyte[weights.Length];
        for (var c = 0; c < channels; c++)
        {
            var row = weights.AsSpan(c * taps, taps);
            var largest = 0f;
            foreach (var weight in row)
            {
                largest = Math.Max(largest, Math.Abs(weight));
            }

            scales[c] = Math.Max(largest / 127, 1e-8f);
            for (var i = 0; i < taps; i++)
            {
                integers[(c * taps) + i] = (sbyte)MathF.Round(row[i] / scales[c]);
            }
        }

        Add($"{name}.int8", kernel.Shape, OnnxTensor.Int8, MemoryMarshal.AsBytes<sbyte>(integers));
        Add($"{name}.scales", [channels], OnnxTensor.Float, MemoryMarshal.AsBytes<float>(scales));
        Add($"{name}.zeros", [channels], OnnxTensor.Int8, new byte[channels]);
        nodes.Add(new OnnxNode("DequantizeLinear", [$"{name}.int8", $"{name}.scales", $"{name}.zeros"], [$"{name}.dq"], [OnnxAttribute.Integer("axis", 0)]));
        string[] result = [inputs[0], $"{name}.dq"];
        if (convolution.Inputs.Length == 2)
        {
            return result;
        }

        var biasScales = Array.ConvertAll(scales, scale => scale * inputScale);
        var biases = Values(Constant(convolution.Inputs[2])!).Select((bias, c) => (int)Math.Clamp(MathF.Round(bias / biasScales[c]), int.MinValue, 2e9f)).ToArray();
        Add($"{name}.bias.int32", [channels], OnnxTensor.Int32, MemoryMarshal.AsBytes<int>(biases));
        Add($"{name}.bias.scales", [channels], OnnxTensor.Float, MemoryMarshal.AsBytes<float>(biasScales));
        Add($"{name}.bias.zeros", [channels], OnnxTensor.Int32, new byte[channels * 4]);
        nodes.Add(new OnnxNode(
            "DequantizeLinear", [$"{name}.bias.int32", $"{name}.bias.scales", $"{name}.bias.zeros"], [$"{name}.bias.dq"], [OnnxAttribute.Integer("axis", 0)]));
        return [.. result, $"{name}.bias.dq"];
    }

    private void Add(string name, long[] shape, int type, ReadOnlySpan<byte> data) =>
        _file.Initialisers.Add(name, new OnnxTensor(name, shape, type, data.ToArray()));

    /// <summary>The initialiser behind a name, through a cast; null where it is computed.</summary>
    private OnnxTensor? Constant(string name) =>
        _file.Initialisers.TryGetValue(name, out var tensor) ? tensor
        : _producers.TryGetValue(name, out var node) && node is { Operation: "Cast", Inputs: [var source] } ? _file.Initialisers.GetValueOrDefault(source)
        : null;

    private static float[] Values(OnnxTensor tensor) => tensor.Type == OnnxTensor.Float16
        ? Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(tensor.Data).ToArray(), value => (float)value)
        : MemoryMarshal.Cast<byte, float>(tensor.Data).ToArray();
}
