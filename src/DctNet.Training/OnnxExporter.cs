using System.Globalization;
using System.Runtime.InteropServices;
using DctNet.ModelTools;

namespace DctNet.Training;

/// <summary>Writes a <see cref="ConditionalUNet"/> as ONNX.</summary>
/// <remarks>
/// Inputs: <c>image</c> float32 <c>[N, H, W, 3]</c> RGB 0..255, H and W multiples of <see cref="ConditionalUNet.SizeMultiple"/>;
/// <c>style</c> float32 <c>[styles]</c>, weights that sum to 1, for all N. Output: <c>cartoon</c>, like the image, clipped to 0..255.
/// Scale and bias of a style stay nodes of their own: folded into shared kernels, which then are no constants, the graph took 5 to 15 % more
/// processor time in ONNX Runtime 1.31, since it lays out only constant kernels for its blocked convolutions.
/// </remarks>
internal static class OnnxExporter
{
    public const string Image = "image";
    public const string Style = "style";
    public const string Cartoon = "cartoon";

    public static byte[] Export(ConditionalUNet network, IReadOnlyList<string> styles, long step)
    {
        var graph = new OnnxGraph();
        graph.Input(Image, "pictures", "height", "width", 3L);
        graph.Input(Style, (long)styles.Count);
        graph.Output(Cartoon, "pictures", "height", "width", 3L);
        new Writer(graph, network, styles.Count).Write();
        return graph.Build("dctnet-distilled", "DctNet.Training", new Dictionary<string, string>
        {
            ["styles"] = string.Join(',', styles),
            ["step"] = step.ToString(CultureInfo.InvariantCulture),
        });
    }

    private sealed class Writer(OnnxGraph graph, ConditionalUNet network, int styles)
    {
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

        /// <summary>
        /// One product of the style vector with all per-style vectors, cut into the scales and biases of the layers, and one for each layer's
        /// kernels.
        /// </summary>
        private void StyleVectors()
        {
            graph.Node("Unsqueeze", [Style, "axis0"], "style.row");
            var parts = new List<(string Name, long[] Shape)>();
            foreach (var layer in ConditionalUNet.Layers)
            {
                long[] shape = [1, layer.Output, 1, 1];
                parts.Add(($"{layer.Name}.bias", shape));
                if (!layer.Styled)
                {
                    parts.Add(($"{layer.Name}.scale", shape));
                }
            }

            parts.Add(("colour.weight", [3, 3, 1, 1]));
            var lengths = parts.Select(part => part.Shape.Aggregate(1L, (a, b) => a * b)).ToArray();
            var row = lengths.Sum();
            var table = new float[styles * row];
            var start = 0L;
            for (var part = 0; part < parts.Count; part++)
            {
                var values = Values(parts[part].Name);
                for (var style = 0; style < styles; style++)
                {
                    values.AsSpan((int)(style * lengths[part]), (int)lengths[part]).CopyTo(table.AsSpan((int)((style * row) + start)));
                }

                start += lengths[part];
            }

            graph.Weights("styles.table", [styles, row], table);
            graph.Node("MatMul", ["style.row", "styles.table"], "style.values");
            graph.Integers("style.lengths", lengths);
            graph.Node("Split", ["style.values", "style.lengths"], [.. parts.Select(part => $"{part.Name}.row")], ("axis", 1L));
            parts.ForEach(part => Shaped(part.Name, part.Shape));
            foreach (var layer in ConditionalUNet.Layers.Where(layer => layer.Styled))
            {
                Kernels(layer);
            }
        }

        private void Kernels(ConditionalUNet.Layer layer)
        {
            var name = $"{layer.Name}.weight";
            graph.Weights(name, [styles, layer.Weights], Values(name));
            graph.Node("MatMul", ["style.row", name], $"{name}.row");
            Shaped(name, layer.Shape);

            // What mixing takes from their length is given back; see ConditionalUNet. For a single style that is nothing.
            var length = $"{layer.Name}.length";
            using var lengths = network.Lengths(layer);
            graph.Floats(length, [styles, layer.Output], MemoryMarshal.Cast<byte, float>(lengths.bytes).ToArray());
            graph.Node("MatMul", ["style.row", length], $"{length}.row");
            graph.Node("ReduceL2", [_styled[name]], $"{length}.mixed", ("axes", new[] { 1L, 2, 3 }));
            graph.Node("Max", [$"{length}.mixed", "shortest"], $"{length}.divisor");
            graph.Integers($"{length}.shape", 1, layer.Output);
            graph.Node("Reshape", [$"{length}.divisor", $"{length}.shape"], $"{length}.divisor.row");
            graph.Node("Div", [$"{length}.row", $"{length}.divisor.row"], $"{layer.Name}.scale.row");
            Shaped($"{layer.Name}.scale", [1, layer.Output, 1, 1]);
        }

        private void Shaped(string name, long[] shape)
        {
            graph.Integers($"{name}.shape", shape);
            _styled[name] = graph.Node("Reshape", [$"{name}.row", $"{name}.shape"], $"{name}.styled");
        }

        private string Conv(string name, string input)
        {
            var layer = ConditionalUNet.Layers.First(l => l.Name == name);
            var padding = (long)layer.Kernel / 2;
            (string, object)[] attributes = [("pads", new[] { padding, padding, padding, padding }), ("strides", new long[] { layer.Stride, layer.Stride })];
            var kernels = $"{name}.weight";
            if (layer.Styled)
            {
                kernels = _styled[kernels];
            }
            else
            {
                var values = Values(kernels);
                graph.Weights(kernels, layer.Shape, name == "enter1" ? FromPixelUnshuffleOrder(values, layer) : values);
            }

            graph.Node("Conv", [input, kernels], $"{name}.plain", attributes);
            graph.Node("Mul", [$"{name}.plain", _styled[$"{name}.scale"]], $"{name}.scaled");
            graph.Node("Add", [$"{name}.scaled", _styled[$"{name}.bias"]], name);
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

        private float[] Values(string name) => MemoryMarshal.Cast<byte, float>(network[name].bytes).ToArray();

        // Torch orders the channels of a 2 × 2 block by colour, row, column; ONNX's SpaceToDepth by row, column, colour.
        private static float[] FromPixelUnshuffleOrder(float[] kernel, ConditionalUNet.Layer layer)
        {
            var taps = layer.Kernel * layer.Kernel;
            var result = new float[kernel.Length];
            for (var o = 0; o < layer.Output; o++)
            {
                for (var i = 0; i < layer.Input; i++)
                {
                    var (colour, block) = (i / 4, i % 4);
                    kernel.AsSpan(((o * layer.Input) + i) * taps, taps).CopyTo(result.AsSpan(((o * layer.Input) + (block * 3) + colour) * taps));
                }
            }

            return result;
        }
    }
}
