namespace DctNet.C2pa.Internal.Containers;

/// <summary>
/// A file with a hole for a manifest store: slices of the original, and where a number in it had to change, a few bytes of its own.
/// </summary>
/// <param name="Before">What stands before the hole.</param>
/// <param name="FrameLength">Bytes of the hole: the store in the container's framing.</param>
/// <param name="After">What stands behind it.</param>
/// <param name="Hashed">What the hard binding's hash runs over, in order.</param>
internal sealed record Embedding(
    IReadOnlyList<ReadOnlyMemory<byte>> Before,
    int FrameLength,
    IReadOnlyList<ReadOnlyMemory<byte>> After,
    IReadOnlyList<ReadOnlyMemory<byte>> Hashed)
{
    /// <summary>The hole's position in the finished file.</summary>
    public long FrameStart { get; } = Before.Sum(piece => (long)piece.Length);
}
