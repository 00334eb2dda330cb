using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>
/// L1 of how much line there is near each place: the gradient magnitude of the BT.601 luma of pictures in −1..1, averaged over windows of
/// <see cref="Window"/> pixels.
/// </summary>
/// <remarks>
/// What compares pixel with pixel is least for a paler line wherever the student is unsure of its place by a pixel; the window asks for
/// the line's strength without its place.
/// </remarks>
internal sealed class LineLoss : IDisposable
{
    private const int Window = 8;

    // Tensors, not numbers: see ConditionalUNet on short-lived scalars.
    private readonly Tensor _luma = tensor([0.299f, 0.587f, 0.114f], [1, 3, 1, 1]).DetachFromDisposeScope();

    // The root has no slope at 0; a thousandth of the range is far under what is seen.
    private readonly Tensor _flat = tensor(4e-6f).DetachFromDisposeScope();

    public Tensor Of(Tensor result, Tensor target) => (Amount(result) - Amount(target)).abs().mean();

    public void Dispose()
    {
        _luma.Dispose();
        _flat.Dispose();
    }

    private Tensor Amount(Tensor picture)
    {
        var luma = nn.functional.conv2d(picture, _luma);
        var (height, width) = (luma.shape[2], luma.shape[3]);
        var across = luma.diff(dim: 3).narrow(2, 0, height - 1);
        var down = luma.diff(dim: 2).narrow(3, 0, width - 1);
        var magnitude = ((across * across) + (down * down) + _flat).sqrt();
        return nn.functional.avg_pool2d(magnitude, [Window, Window], [Window / 2, Window / 2]);
    }
}
