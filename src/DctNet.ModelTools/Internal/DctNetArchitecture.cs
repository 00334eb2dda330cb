namespace DctNet.ModelTools;

/// <summary>What makes a graph DCT-Net: its convolutions. (Read off the published networks; all styles have the same.)</summary>
internal static class DctNetArchitecture
{
    private static readonly (int Side, int Stride, int Input, int Output)[] s_convolutions =
    [
        (7, 1, 3, 32), (3, 2, 32, 32), (3, 1, 32, 64), (3, 2, 64, 64), (3, 1, 64, 128),
        .. Enumerable.Repeat((3, 1, 128, 128), 8),
        (3, 1, 128, 64), (3, 1, 64, 64), (3, 1, 64, 32), (3, 1, 32, 32), (7, 1, 32, 3),
    ];

    /// <exception cref="ModelFormatException">It is another network.</exception>
    public static void Check(IReadOnlyList<(int Side, int Stride, int Input, int Output)> convolutions)
    {
        for (var i = 0; i < Math.Min(convolutions.Count, s_convolutions.Length); i++)
        {
            if (convolutions[i] != s_convolutions[i])
            {
                throw new ModelFormatException(
                    $"it is another network: convolution {i + 1} is {Text(convolutions[i])}; DCT-Net's is {Text(s_convolutions[i])}");
            }
        }

        if (convolutions.Count != s_convolutions.Length)
        {
            throw new ModelFormatException($"it is another network: it has {convolutions.Count} convolutions; DCT-Net has {s_convolutions.Length}");
        }
    }

    private static string Text((int Side, int Stride, int Input, int Output) convolution) =>
        $"{convolution.Side} x {convolution.Side} from {convolution.Input} to {convolution.Output} channels with stride {convolution.Stride}";
}
