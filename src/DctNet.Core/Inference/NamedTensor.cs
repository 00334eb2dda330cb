namespace DctNet.Core.Inference;

/// <summary>A dense float32 tensor in the caller's memory, bound to a network's input or output.</summary>
/// <param name="Name">The input's or output's name in the network.</param>
/// <param name="Data">Row-major values; the length is the product of <paramref name="Shape"/>. An output is written in place.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
public readonly record struct NamedTensor(string Name, Memory<float> Data, long[] Shape);
