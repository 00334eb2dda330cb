using System.Numerics.Tensors;
using DctNet.Core;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.Evaluation;

/// <summary>
/// How far apart two aligned heads are for a face-recognition network: 1 − the cosine between their embeddings. 0 for equal pictures, about 1 for
/// two persons.
/// </summary>
/// <remarks>
/// For networks as ArcFace's (Deng et al. 2019): RGB of 112 × 112 as (x − 127.5) / 127.5. DCT-Net's heads have ArcFace's reference points 1.93 times
/// as far apart and with a margin, so its crop is a square of every head.
/// </remarks>
internal sealed class IdentityDistance : IDisposable
{
    private const int Side = 112;

    // ArcFace's right eye, (38.29, 51.70), lies at (111.78, 137.63) in a head, and its left eye 35.24 to the right, there 67.96.
    private const int CropSide = 216;
    private const int CropLeft = 38;
    private const int CropTop = 38;

    private readonly InferenceSession _network;
    private readonly bool _planar;

    private IdentityDistance(InferenceSession network, bool planar) => (_network, _planar) = (network, planar);

    public static Outcome<IdentityDistance> Open(string path)
    {
        if (!JudgingNetwork.Open(path).TryGet(out var network, out var failure))
        {
            return failure;
        }

        var isFloat = network.InputMetadata.Count == 1 && JudgingNetwork.IsFloat(network.InputMetadata.Values.Single())
            && JudgingNetwork.IsFloat(network.OutputMetadata[network.OutputNames[0]]);
        var shape = isFloat ? network.InputMetadata.Values.Single().Dimensions : [];
        if (shape is [-1 or 1, 3, -1 or Side, -1 or Side] or [-1 or 1, -1 or Side, -1 or Side, 3])
        {
            return new IdentityDistance(network, planar: shape[1] == 3);
        }

        network.Dispose();
        return new Failure(FailureCode.InvalidOption, $"{path} does not take one picture of [N, 3, {Side}, {Side}] or [N, {Side}, {Side}, 3] as float32, and give float32.");
    }

    /// <summary>What <see cref="Between"/> compares: a head's embedding.</summary>
    /// <param name="head">RGB, <see cref="HeadAligner.HeadSize"/> squared.</param>
    public float[] Embed(PixelBuffer head)
    {
        using var crop = new PixelBuffer(CropSide, CropSide, 3);
        for (var y = 0; y < CropSide; y++)
        {
            head.Span.Slice(3 * (((y + CropTop) * head.Width) + CropLeft), 3 * CropSide).CopyTo(crop.Span[(3 * y * CropSide)..]);
        }

        using var small = ImageResizer.Resize(crop, Side, Side);
        var pixels = new float[3 * Side * Side];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[_planar ? (i % 3 * Side * Side) + (i / 3) : i] = (small.Span[i] - 127.5f) / 127.5f;
        }

        using var run = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, _planar ? [1, 3, Side, Side] : [1, Side, Side, 3]);
        using var outputs = _network.Run(run, [_network.InputNames[0]], [input], [_network.OutputNames[0]]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public static double Between(float[] a, float[] b) => 1 - TensorPrimitives.CosineSimilarity<float>(a, b);

    public void Dispose() => _network.Dispose();
}
