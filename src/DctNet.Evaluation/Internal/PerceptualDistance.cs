using System.Numerics.Tensors;
using DctNet.Core;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.Evaluation;

/// <summary>
/// Relative L1 distance of features of SqueezeNet 1.0 (Iandola et al. 2016): edges, strokes, parts, which pixels compared one by one do not
/// show. 0 for equal pictures.
/// </summary>
internal sealed class PerceptualDistance : IDisposable
{
    private static readonly string[] s_taps = ["relu1", "fire2", "fire4", "fire8"];

    /// <summary>B, G, R of ImageNet, which the Caffe model subtracts.</summary>
    private static readonly float[] s_means = [104, 117, 123];

    private readonly InferenceSession _network;

    private PerceptualDistance(InferenceSession network) => _network = network;

    public static Outcome<PerceptualDistance> Open(string path)
    {
        if (!JudgingNetwork.Open(path).TryGet(out var network, out var failure))
        {
            return failure;
        }

        if (network.InputMetadata.Count != 1 || !s_taps.All(network.OutputMetadata.ContainsKey))
        {
            network.Dispose();
            return new Failure(FailureCode.InvalidOption, $"{path} is not SqueezeNet with the outputs {string.Join(", ", s_taps)}.");
        }

        if (!JudgingNetwork.IsFloat(network.InputMetadata.Values.Single()) || !s_taps.All(tap => JudgingNetwork.IsFloat(network.OutputMetadata[tap]))
            || network.InputMetadata.Values.Single().Dimensions is not [-1 or 1, 3, -1, -1])
        {
            network.Dispose();
            return new Failure(FailureCode.InvalidOption, $"{path} does not take one picture of any size, [N, 3, H, W], as float32, and give float32.");
        }

        return new PerceptualDistance(network);
    }

    public double Between(ReadOnlySpan<byte> picture, ReadOnlySpan<byte> reference, int width)
    {
        var (have, want) = (Features(picture, width), Features(reference, width));
        return have.Zip(want, (a, b) => TensorPrimitives.SumOfMagnitudes<float>(Difference(a, b)) / TensorPrimitives.SumOfMagnitudes<float>(b)).Average();
    }

    public void Dispose() => _network.Dispose();

    private static float[] Difference(float[] a, float[] b)
    {
        var difference = new float[a.Length];
        TensorPrimitives.Subtract(a, b, difference);
        return difference;
    }

    private List<float[]> Features(ReadOnlySpan<byte> rgb, int width)
    {
        var plane = rgb.Length / 3;
        var pixels = new float[rgb.Length];
        for (var i = 0; i < rgb.Length; i++)
        {
            var bgr = 2 - (i % 3);
            pixels[(bgr * plane) + (i / 3)] = rgb[i] - s_means[bgr];
        }

        using var run = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, plane / width, width]);
        using var outputs = _network.Run(run, [_network.InputNames[0]], [input], s_taps);
        return [.. outputs.Select(output => output.GetTensorDataAsSpan<float>().ToArray())];
    }
}
