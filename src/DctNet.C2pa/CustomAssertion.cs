namespace DctNet.C2pa;

/// <summary>An assertion that this library does not write by itself, such as <c>c2pa.metadata</c> or one in a namespace of one's own.</summary>
/// <param name="Label">Its label, once in a manifest.</param>
/// <param name="Content">One CBOR item, or a JSON text.</param>
/// <param name="IsJson">True for JSON.</param>
public sealed record CustomAssertion(string Label, ReadOnlyMemory<byte> Content, bool IsJson = false);
