using DctNet.V1;

namespace DctNet.Client;

/// <summary>A cartoon in memory.</summary>
/// <param name="Header">Facts about it: encoding, size, style, watermark.</param>
/// <param name="Image">The file's bytes.</param>
public sealed record Cartoon(ResultHeader Header, ReadOnlyMemory<byte> Image);
