using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>What the student is asked for: L1, twice the L1 of horizontal and vertical differences, and perceptual features if given.</summary>
internal sealed class Losses : IDisposable
{
    // Tensors, not numbers: see ConditionalUNet on short-lived scalars.
    private readonly Tensor _gradientWeight = tensor(2f).DetachFromDisposeScope();
    private readonly Tensor _perceptualWeight;
    private readonly PerceptualLoss? _perceptual;

    public Losses(PerceptualLoss? perceptual, float perceptualWeight)
        => (_perceptual, _perceptualWeight) = (perceptual, tensor(perceptualWeight).DetachFromDisposeScope());

    public (Tensor Total, Tensor Pixel, Tensor Gradient, Tensor? Perceptual) Of(Tensor result, Tensor target, bool withPerceptual)
    {
        var difference = result - target;
        var pixel = difference.abs().mean();
        var gradient = difference.diff(dim: 3).abs().mean() + difference.diff(dim: 2).abs().mean();
        var total = pixel + (gradient * _gradientWeight);
        var perceptual = withPerceptual ? _perceptual?.Of(result, target) : null;
        return (perceptual is null ? total : total + (perceptual * _perceptualWeight), pixel, gradient, perceptual);
    }

    public void Dispose()
    {
        _gradientWeight.Dispose();
        _perceptualWeight.Dispose();
        _perceptual?.Dispose();
    }
}
