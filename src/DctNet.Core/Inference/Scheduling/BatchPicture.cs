namespace DctNet.Core.Inference.Scheduling;

/// <summary>A picture for a network that takes several at once: float32 <c>[Height, Width, Channels]</c> in the caller's memory.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Input">Read, or overwritten, until the call that brought it returns.</param>
/// <param name="Output">As long as the input; receives the result.</param>
internal readonly record struct BatchPicture(int Height, int Width, Memory<float> Input, Memory<float> Output);
