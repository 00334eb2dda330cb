using System.Runtime.InteropServices;
using DctNet.ModelTools;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace DctNet.Training;

/// <summary>
/// Relative L1 distance of features of SqueezeNet 1.0 (Iandola et al. 2016) after its first convolution and its 2nd and 4th fire module:
/// edges, strokes and parts, which plain L1 averages away.
/// </summary>
internal sealed class PerceptualLoss : IDisposable
{
    private static readonly string[] s_fires = ["fire2", "fire3", "fire4"];

    private readonly Dictionary<string, Tensor> _weights = [];

    // Input is BGR 0..255 minus the ImageNet means of the Caffe model, here from RGB −1..1.
    private readonly Tensor _range = tensor(127.5f).DetachFromDisposeScope();
    private readonly Tensor _shift = tensor([127.5f - 104, 127.5f - 117, 127.5f - 123], [1, 3, 1, 1]).DetachFromDisposeScope();
    private readonly Tensor _floor = tensor(1e-3f).DetachFromDisposeScope();
    private readonly Tensor _third = tensor(1 / 3f).DetachFromDisposeScope();

    private readonly ScalarType _precision;

    /// <param name="path">An ONNX file with initialisers <c>conv1_w</c>, <c>conv1_b</c>, <c>fire2/sq_w</c> and so on.</param>
    /// <param name="precision">Type of the arithmetic.</param>
    public PerceptualLoss(string path, ScalarType precision)
    {
        _precision = precision;
        foreach (var stored in OnnxFile.Read(File.ReadAllBytes(path)).Initialisers.Values.Where(tensor => tensor.Type == OnnxTensor.Float))
        {
            using var values = tensor(MemoryMarshal.Cast<byte, float>(stored.Data).ToArray(), stored.Shape);
            _weights.Add(stored.Name, values.to(precision).DetachFromDisposeScope());
        }
    }

    /// <param name="result">RGB <c>[N, 3, H, W]</c>, −1..1; the gradient flows here.</param>
    /// <param name="target">The same for the target.</param>
    public Tensor Of(Tensor result, Tensor target)
    {
        List<Tensor> wanted;
        using (no_grad())
        {
            wanted = Features(target);
        }

        var sum = Features(result)
            .Zip(wanted, (have, want) => Mean((have - want).abs()) / (Mean(want) + _floor))
            .Aggregate((a, b) => a + b);
        return sum * _third;
    }

    public void Dispose()
    {
        foreach (var weight in _weights.Values)
        {
            weight.Dispose();
        }

        _range.Dispose();
        _shift.Dispose();
        _floor.Dispose();
        _third.Dispose();
    }

    // Features are outputs of ReLU: not negative. The sum is taken in float32.
    private static Tensor Mean(Tensor x) => x.mean([0, 1, 2, 3], type: ScalarType.Float32);

    private List<Tensor> Features(Tensor picture)
    {
        var x = ((picture.flip(1) * _range) + _shift).to(_precision);
        x = Conv(x, "conv1", stride: 2, padding: 0);
        var features = new List<Tensor> { x };
        x = nn.functional.max_pool2d(x, 3, 2, ceil_mode: true);
        foreach (var fire in s_fires)
        {
            var squeezed = Conv(x, $"{fire}/sq", 1, 0);
            x = cat([Conv(squeezed, $"{fire}/e1", 1, 0), Conv(squeezed, $"{fire}/e3", 1, 1)], 1);
            if (fire != "fire3")
            {
                features.Add(x);
            }
        }

        return features;
    }

    private Tensor Conv(Tensor x, string name, long stride, long padding)
        => nn.functional.conv2d(x, _weights[$"{name}_w"], _weights[$"{name}_b"], strides: [stride, stride], padding: [padding, padding]).relu();
}
