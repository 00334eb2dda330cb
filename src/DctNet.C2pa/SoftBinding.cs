namespace DctNet.C2pa;

/// <summary>A watermark or fingerprint by which the manifest can be found again after it was stripped (<c>c2pa.soft-binding</c>).</summary>
/// <param name="Algorithm">A name of C2PA's list, or one of one's own in reverse-DNS spelling.</param>
/// <param name="Value">What the algorithm reads from the picture, as bytes.</param>
public sealed record SoftBinding(string Algorithm, ReadOnlyMemory<byte> Value);
