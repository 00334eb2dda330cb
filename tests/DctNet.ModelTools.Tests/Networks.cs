using DctNet.Core;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;

namespace DctNet.ModelTools.Tests;

/// <summary>Runs converted networks in ONNX Runtime.</summary>
internal static class Networks
{
    public static byte[] Import(byte[] file) =>
        ModelImporter.Import(file).TryGet(out var network, out var failure) ? network.Onnx : throw new InvalidOperationException(failure.Message);

    public static float[] Run(byte[] onnx, float[] picture, int height, int width)
    {
        using var directory = new TemporaryDirectory();
        return Run(directory.Add("network.onnx", onnx), picture, height, width);
    }

    public static float[] Run(string path, float[] picture, int height, int width)
    {
        using var session = Value(NetworkSession.Open(path, new InferenceOptions { ExecutionProvider = ExecutionProvider.Cpu }));
        var result = new float[picture.Length];
        long[] shape = [height, width, 3];
        session.Run(
            [new NamedTensor("input_image", picture, shape)],
            [new NamedTensor("output_image", result, shape)],
            TestContext.Current.CancellationToken);
        return result;
    }

    /// <summary>The top left of a photo, B, G, R, 0..255.</summary>
    public static float[] Photo(string path, int height, int width)
    {
        var file = File.ReadAllBytes(path);
        var header = Value(ImageProbe.Read(file, new ImageLimits()));
        using var photo = Value(ImageDecoder.Decode(file, header));
        var picture = new float[height * width * 3];
        for (var i = 0; i < picture.Length; i++)
        {
            var (c, x, y) = (i % 3, i / 3 % width, i / 3 / width);
            picture[i] = photo.Pixels.Span[(((y * photo.Pixels.Width) + x) * photo.Pixels.Channels) + 2 - c];
        }

        return picture;
    }

    public static float LargestDifference(float[] a, float[] b)
    {
        Assert.Equal(a.Length, b.Length);
        return a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();
    }

    public static T Value<T>(Outcome<T> outcome)
        where T : notnull =>
        outcome.TryGet(out var value, out var failure) ? value : throw new InvalidOperationException(failure.Message);
}
