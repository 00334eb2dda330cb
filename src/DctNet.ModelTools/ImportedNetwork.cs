namespace DctNet.ModelTools;

/// <summary>A converted network.</summary>
/// <param name="Onnx">An ONNX file. Weights are float16 where they were, or where that loses nothing.</param>
/// <param name="Format">What it was read from, for people.</param>
public sealed record ImportedNetwork(byte[] Onnx, string Format)
{
    /// <summary>Name of the input, float32 <c>[H, W, 3]</c> B, G, R, 0..255.</summary>
    public const string Input = GraphConverter.Input;

    /// <summary>Name of the output, like the input.</summary>
    public const string Output = GraphConverter.Output;
}
