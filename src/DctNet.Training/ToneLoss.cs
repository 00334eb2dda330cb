using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>L1 of the mean colour of windows of <see cref="Window"/> pixels, half overlapping, of pictures in −1..1.</summary>
/// <remarks>
/// L1 of pixels is least at the median of what the student holds possible; a whole region may be off to one side with it, which skin that is
/// the lighter the lighter it was shows first. The mean over a window has no such preference.
/// </remarks>
internal static class ToneLoss
{
    private const int Window = 32;

    public static Tensor Of(Tensor difference) => nn.functional.avg_pool2d(difference, [Window, Window], [Window / 2, Window / 2]).abs().mean();
}
