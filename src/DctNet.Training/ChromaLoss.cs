using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>L1 of the colour apart from its level (each channel less the mean of the three) in windows of <see cref="Window"/> pixels, half overlapping.</summary>
internal static class ChromaLoss
{
    private const int Window = 4;

    public static Tensor Of(Tensor difference)
    {
        var colour = nn.functional.avg_pool2d(difference, [Window, Window], [Window / 2, Window / 2]);
        return (colour - colour.mean([1], keepdim: true)).abs().mean();
    }
}
