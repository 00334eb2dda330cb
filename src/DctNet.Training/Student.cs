using DctNet.Core.Inference;

namespace DctNet.Training;

/// <summary>An exported network: RGB <c>[H, W, 3]</c> float 0..255 and a style vector to RGB.</summary>
internal sealed class Student(string path, int threads) : IDisposable
{
    private readonly NetworkSession _session = Sessions.Open(path, threads);

    public float[] Run(float[] rgb, float[] style, int width, int height)
    {
        var result = new float[rgb.Length];
        long[] shape = [1, height, width, 3];
        _session.Run(
            [new NamedTensor(OnnxExporter.Image, rgb, shape), new NamedTensor(OnnxExporter.Style, style, [style.Length])],
            [new NamedTensor(OnnxExporter.Cartoon, result, shape)],
            CancellationToken.None);
        return result;
    }

    public void Dispose() => _session.Dispose();
}
