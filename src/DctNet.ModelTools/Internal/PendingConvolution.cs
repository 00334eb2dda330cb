namespace DctNet.ModelTools;

/// <summary>A convolution whose bias or normalisation may follow.</summary>
/// <param name="Input">The value that it reads.</param>
/// <param name="Kernel">[O, I, Side, Side].</param>
/// <param name="Bias">One for each output channel.</param>
/// <param name="Side">Height and width of the kernel.</param>
/// <param name="Stride">Of rows and columns.</param>
/// <param name="Padding">SAME or VALID.</param>
internal sealed record PendingConvolution(string Input, float[] Kernel, float[] Bias, int Side, int Stride, string Padding)
{
    /// <summary>The convolution whose results are multiplied and moved, channel by channel.</summary>
    public PendingConvolution Then(float[] scale, float[] shift)
    {
        var taps = Kernel.Length / Bias.Length;
        var unscaled = Array.TrueForAll(scale, value => value == 1);
        return this with
        {
            Kernel = unscaled ? Kernel : [.. Kernel.Select((value, i) => value * scale[i / taps])],
            Bias = [.. Bias.Select((value, i) => (value * scale[i]) + shift[i])],
        };
    }
}
