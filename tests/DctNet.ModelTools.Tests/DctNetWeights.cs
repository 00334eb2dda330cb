namespace DctNet.ModelTools.Tests;

/// <summary>Kernels (height, width, input, output) and biases of DCT-Net's 18 convolutions.</summary>
internal sealed record DctNetWeights(IReadOnlyList<(Tensor Kernel, float[] Bias)> Layers)
{
    private static readonly (int Side, int Input, int Output)[] s_shapes =
    [
        (7, 3, 32), (3, 32, 32), (3, 32, 64), (3, 64, 64), (3, 64, 128),
        .. Enumerable.Repeat((3, 128, 128), 8),
        (3, 128, 64), (3, 64, 64), (3, 64, 32), (3, 32, 32), (7, 32, 3),
    ];

    /// <summary>Random, with variances that keep the values in the range of a trained network; exact in float16.</summary>
    public static DctNetWeights Random(int seed)
    {
        var random = new Random(seed);
        return new DctNetWeights([.. s_shapes.Select(shape =>
        {
            var inputs = shape.Side * shape.Side * shape.Input;
            var kernel = Numbers(inputs * shape.Output, MathF.Sqrt(2f / inputs));
            return (new Tensor([shape.Side, shape.Side, shape.Input, shape.Output], kernel), Numbers(shape.Output, 0.1f));
        })]);

        float[] Numbers(int count, float range) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)(Half)(((random.NextSingle() * 2) - 1) * range))];
    }

    /// <summary>Those of a TensorFlow Lite file.</summary>
    public static DctNetWeights Of(string path)
    {
        var graph = TfLiteReader.Read(File.ReadAllBytes(path));
        var layers = new List<(Tensor, float[])>();
        foreach (var node in graph.InOrder().Select(name => graph.Nodes[name]).Where(node => node.Operation == "BiasAdd"))
        {
            var convolution = graph.Nodes[node.Inputs[0]];
            if (convolution.Operation == "Conv2D")
            {
                layers.Add((Transposed(Constant(graph, convolution.Inputs[1])), Constant(graph, node.Inputs[1]).Values));
            }
        }

        return new DctNetWeights(layers);
    }

    private static Tensor Constant(SourceGraph graph, string name)
    {
        var node = graph.Nodes[name];
        return node.Value ?? Constant(graph, node.Inputs[0]);
    }

    private static Tensor Transposed(Tensor kernel)
    {
        var (outputs, taps, inputs) = (kernel.Shape[0], kernel.Shape[1] * kernel.Shape[2], kernel.Shape[3]);
        var values = new float[kernel.Values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var (o, c, tap) = (i % outputs, i / outputs % inputs, i / outputs / inputs);
            values[i] = kernel.Values[(((o * taps) + tap) * inputs) + c];
        }

        return new Tensor([kernel.Shape[1], kernel.Shape[2], inputs, outputs], values);
    }
}
