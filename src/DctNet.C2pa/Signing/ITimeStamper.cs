namespace DctNet.C2pa.Signing;

/// <summary>Proves by an authority's word when a claim was signed (RFC 3161).</summary>
public interface ITimeStamper
{
    /// <summary>A time-stamp token in DER over these 32 bytes, a SHA-256 hash.</summary>
    /// <exception cref="C2paException">The authority cannot be reached, or does not give one.</exception>
    ValueTask<byte[]> StampAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken);
}
