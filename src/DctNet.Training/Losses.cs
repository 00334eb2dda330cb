using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>
/// What the student is asked for: L1, the L1 of horizontal and vertical differences, 1 − SSIM of the luma, as much line as the target
/// has, its mean colour from place to place, and perceptual features if given.
/// </summary>
/// <remarks>
/// L1 alone is least for a picture that is paler where the student is unsure, and its lines were a quarter weaker than the teacher's;
/// SSIM is largest where the local contrast is the teacher's (for its part in a loss: Zhao et al. 2017).
/// </remarks>
internal sealed class Losses : IDisposable
{
    // Tensors, not numbers: see ConditionalUNet on short-lived scalars.
    private readonly Tensor _similarityWeight = tensor(10f).DetachFromDisposeScope();
    private readonly Tensor _lineWeight = tensor(4f).DetachFromDisposeScope();
    private readonly Tensor _toneWeight = tensor(4f).DetachFromDisposeScope();
    private readonly Tensor _chromaWeight = tensor(4f).DetachFromDisposeScope();
    private readonly Tensor _perceptualWeight;
    private readonly PerceptualLoss? _perceptual;
    private readonly SimilarityLoss _similarity = new();
    private readonly LineLoss _line = new();

    public Losses(PerceptualLoss? perceptual, float perceptualWeight)
        => (_perceptual, _perceptualWeight) = (perceptual, tensor(perceptualWeight).DetachFromDisposeScope());

    public (Tensor Total, Tensor Pixel, Tensor Gradient, Tensor Similarity, Tensor Line, Tensor Tone, Tensor? Perceptual) Of(Tensor result, Tensor target, bool withPerceptual)
    {
        var difference = result - target;
        var pixel = difference.abs().mean();
        var gradient = difference.diff(dim: 3).abs().mean() + difference.diff(dim: 2).abs().mean();
        var similarity = _similarity.Of(result, target);
        var line = _line.Of(result, target);
        var tone = ToneLoss.Of(difference);
        var total = pixel + gradient + (similarity * _similarityWeight) + (line * _lineWeight) + (tone * _toneWeight);
        var perceptual = withPerceptual ? _perceptual?.Of(result, target) : null;
        return (perceptual is null ? total : total + (perceptual * _perceptualWeight), pixel, gradient, similarity, line, tone, perceptual);
    }

    /// <summary>
    /// What is asked of a mixture: colours between those of its styles. Where the lines are is left to the mixed kernels; the mean of two pictures
    /// has them twice.
    /// </summary>
    /// <param name="result">What the mixture draws.</param>
    /// <param name="target">The mean of the styles' targets.</param>
    public Tensor OfMixture(Tensor result, Tensor target)
    {
        var difference = result - target;
        return (ToneLoss.Of(difference) * _toneWeight) + (ChromaLoss.Of(difference) * _chromaWeight);
    }

    public void Dispose()
    {
        _chromaWeight.Dispose();
        _similarityWeight.Dispose();
        _lineWeight.Dispose();
        _toneWeight.Dispose();
        _perceptualWeight.Dispose();
        _similarity.Dispose();
        _line.Dispose();
        _perceptual?.Dispose();
    }
}
