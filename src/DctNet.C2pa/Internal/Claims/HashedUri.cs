using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>A reference to a box, and the box's hash.</summary>
/// <param name="Url">A JUMBF URI.</param>
/// <param name="Hash">Hash of the superbox without its header.</param>
/// <param name="Algorithm">The hash's algorithm; null for the claim's.</param>
internal sealed record HashedUri(string Url, ReadOnlyMemory<byte> Hash, string? Algorithm = null)
{
    /// <summary>Reads one; null where it is none.</summary>
    public static HashedUri? Read(CborNode? node) =>
        node?["url"]?.Text is { } url && node["hash"]?.Bytes is { } hash ? new HashedUri(url, hash, node["alg"]?.Text) : null;
}
