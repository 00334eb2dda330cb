using System.Runtime.InteropServices;
using DctNet.ModelTools;

namespace DctNet.Training;

/// <summary>Writes a <see cref="ConditionalUNet"/> as ONNX.</summary>
/// <remarks>
/// Inputs: <c>image</c> float32 <c>[N, H, W, 3]</c> RGB 0..255, H and W multiples of <see cref="ConditionalUNet.SizeMultiple"/>;
/// <c>style</c> float32 <c>[styles]</c>, weights that sum to 1, for all N. Output: <c>cartoon</c>, like the image, clipped to 0..255.
/// Scale and bias of a style stay nodes of their own: folded into shared kernels, which then are no constants, the graph took 5 to 15 % more
/// processor time in ONNX Runtime 1.31, since it lays out only constant kernels for its blocked convolutions. Kernels are int8 with a scale
/// per output channel, scales and biases of styles float16.
/// </remarks>
internal static class OnnxExporter
{
    public const string Image = "image";
    public const string Style = "style";
    public const string Cartoon = "cartoon";

    /// <param name="network">What is exported; its contrasts are in it.</param>
    /// <param name="facts">What the file says of itself; see <see cref="StoredStudent"/>.</param>
    public static byte[] Export(ConditionalUNet network, StudentFacts facts)
    {
        var graph = new OnnxGraph();
        graph.Input(Image, "pictures", "height", "width", 3L);
        graph.Input(Style, (long)network.Styles);
        graph.Output(Cartoon, "pictures", "height", "width", 3L);
        new Writer(graph, network).Write();
        return graph.Build("dctnet-distilled", "DctNet.Training", facts.ToMetadata());
    }

    private sealed class Writer(OnnxGraph graph, ConditionalUNet network)
    {
        private const string StyleRow = "style.row", FamilyRow = "family.row";

        private readonly Dictionary<string, string> _styled = [];

        public void Write()
        {
            Constants();
            StyleVectors();
            graph.Node("Transpose", [Image], "planes", ("perm", new[] { 0L, 3, 1, 2 }));
            graph.Node("Mul", ["planes", "normalise"], "scaled");
            graph.Node("Sub", ["scaled", "one"], "normal");
            graph.Node("SpaceToDepth", ["normal"], "blocks", ("blocksize", 2L));

            var enter = Conv("enter2", Conv("enter1", "blocks"));
            var down = Conv("down2", Conv("down1", enter));
            var deep = Conv("deep0", down);
            deep = Add(deep, Conv("deep1b", Conv("deep1a", deep)));
            deep = Add(deep, Conv("deep2b", Conv("deep2a", deep)));
            deep = Add(deep, Conv("deep3b", Conv("deep3a", deep)));
            var up = Conv("up2b", Conv("up2a", Add(down, Double(Conv("lift2", deep)))));
            up = Add(up, Conv("up2d", Conv("up2c", up)));
            up = Conv("up1b", Conv("up1a", Add(enter, Double(Conv("lift1", up)))));
            up = Add(up, Conv("up1c", up));

            graph.Node("DepthToSpace", [Conv("head", up)], "detail", ("blocksize", 2L), ("mode", "CRD"));
            graph.Node("Conv", ["normal", _styled["colour.weight"]], "colour");
            graph.Node("Add", ["colour", "detail"], "sum");
            graph.Node("Mul", ["sum", "half"], "stretched");
            graph.Node("Add", ["stretched", "half"], "shifted");
            graph.Node("Clip", ["shifted", "least", "most"], "clipped");
            graph.Node("Transpose", ["clipped"], Cartoon, ("perm", new[] { 0L, 2, 3, 1 }));
        }

        private void Constants()
        {
            graph.Integers("axis0", 0);
            graph.Floats("normalise", [], 1 / 127.5f);
            graph.Floats("one", [], 1);
            graph.Floats("half", [], 127.5f);
            graph.Floats("least", [], 0);
            graph.Floats("most", [], 255);
            graph.Floats("double", [4], 1, 1, 2, 2);
            graph.Floats("shortest", [], ConditionalUNet.LeastLength);
        }

        /// <summary>One product of the style vector with all per-style vectors, cut into scales and biases, and one for each layer's kernels.</summary>
        private void StyleVectors()
        {
            graph.Node("Unsqueeze", [Style, "axis0"], StyleRow);
            if (network.Families > 1)
            {
                graph.Floats("family.of.style", [network.Styles, network.Families], MemoryMarshal.Cast<byte, float>(network.FamilyOfStyle.bytes).ToArray());
                graph.Node("MatMul", [StyleRow, "family.of.style"], FamilyRow);
            }

            graph.Weights("styles.table", [network.Styles, StyleTable.Width], StyleTable.Of(network));
            graph.Node("MatMul", [StyleRow, "styles.table"], "style.values");
            graph.Integers("style.lengths", [.. StyleTable.Columns.Select(column => column.Length)]);
            graph.Node("Split", ["style.values", "style.lengths"], [.. StyleTable.Columns.Select(column => $"{column.Name}.row")], ("axis", 1L));
            foreach (var layer in ConditionalUNet.Layers)
            {
                Shaped($"{layer.Name}.bias", [1, layer.Output, 1, 1]);
                Kernels(layer);
            }

            Shaped("colour.weight", [3, 3, 1, 1]);
        }

        private void Kernels(ConditionalUNet.Layer layer)
        {
            var (name, scale, sets) = ($"{layer.Name}.weight", $"{layer.Name}.scale", network.Sets(layer));
            var values = network.Values(name);
            values = layer.Input == ConditionalUNet.BlockChannels ? ToSpaceToDepthOrder(values, layer) : values;
            if (sets == 1)
            {
                _styled[name] = graph.ByteWeights(name, layer.Shape, layer.Output, values);
                if (!layer.Styled)
                {
                    Shaped(scale, [1, layer.Output, 1, 1]);
                }

                return;
            }

            var parts = layer.Styled ? StyleRow : FamilyRow;
            graph.ByteWeights(name, [sets, layer.Weights], sets * layer.Output, values);
            graph.Node("MatMul", [parts, name], $"{name}.row");
            Shaped(name, layer.Shape);

            // What mixing takes from their length is given back; see ConditionalUNet. For a single style that is nothing.
            var length = $"{layer.Name}.length";
            using var lengths = network.Lengths(layer);
            graph.Floats(length, [sets, layer.Output], MemoryMarshal.Cast<byte, float>(lengths.bytes).ToArray());
            graph.Node("MatMul", [parts, length], $"{length}.row");
            graph.Node("ReduceL2", [_styled[name]], $"{length}.mixed", ("axes", new[] { 1L, 2, 3 }));
            graph.Node("Max", [$"{length}.mixed", "shortest"], $"{length}.divisor");
            graph.Integers($"{length}.shape", 1, layer.Output);
            graph.Node("Reshape", [$"{length}.divisor", $"{length}.shape"], $"{length}.divisor.row");
            var ratio = graph.Node("Div", [$"{length}.row", $"{length}.divisor.row"], $"{length}.ratio");
            if (!layer.Styled)
            {
                ratio = graph.Node("Mul", [ratio, $"{scale}.row"], $"{length}.factors");
            }

            Shaped(scale, [1, layer.Output, 1, 1], ratio);
        }

        private void Shaped(string name, long[] shape, string? row = null)
        {
            graph.Integers($"{name}.shape", shape);
            _styled[name] = graph.Node("Reshape", [row ?? $"{name}.row", $"{name}.shape"], $"{name}.styled");
        }

        private string Conv(string name, string input)
        {
            var layer = ConditionalUNet.Layers.First(l => l.Name == name);
            var padding = (long)layer.Kernel / 2;
            var result = graph.Node(
                "Conv",
                [input, _styled[$"{name}.weight"]],
                $"{name}.plain",
                ("pads", new[] { padding, padding, padding, padding }),
                ("strides", new long[] { layer.Stride, layer.Stride }));
            if (_styled.TryGetValue($"{name}.scale", out var scale))
            {
                result = graph.Node("Mul", [result, scale], $"{name}.scaled");
            }

            graph.Node("Add", [result, _styled[$"{name}.bias"]], name);
            return layer.Activated ? graph.Node("LeakyRelu", [name], $"{name}.active", ("alpha", ConditionalUNet.Slope)) : name;
        }

        private string Add(string a, string b) => graph.Node("Add", [a, b], $"{a}+{b}");

        private string Double(string input) => graph.Node(
            "Resize",
            [input, "", "double"],
            $"{input}.double",
            ("mode", "nearest"),
            ("coordinate_transformation_mode", "asymmetric"),
            ("nearest_mode", "floor"));
    }

    /// <summary>A kernel's channels as ONNX's SpaceToDepth gives them: those of a 2 × 2 block by row, column, colour; Torch has them by colour, row, column.</summary>
    public static float[] ToSpaceToDepthOrder(float[] kernels, ConditionalUNet.Layer layer) => Reordered(kernels, layer, back: false);

    public static float[] FromSpaceToDepthOrder(float[] kernels, ConditionalUNet.Layer layer) => Reordered(kernels, layer, back: true);

    private static float[] Reordered(float[] kernels, ConditionalUNet.Layer layer, bool back)
    {
        var taps = layer.Kernel * layer.Kernel;
        var result = new float[kernels.Length];
        for (var i = 0; i < kernels.Length / taps; i++)
        {
            var (output, channel) = Math.DivRem(i, layer.Input);
            var there = (output * layer.Input) + (channel % 4 * 3) + (channel / 4);
            var (from, to) = back ? (there, i) : (i, there);
            kernels.AsSpan(from * taps, taps).CopyTo(result.AsSpan(to * taps));
        }

        return result;
    }
}
