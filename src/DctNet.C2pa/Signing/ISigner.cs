namespace DctNet.C2pa.Signing;

/// <summary>Signs claims. The key may be anywhere; the certificates are public.</summary>
/// <remarks>Implementations are safe for concurrent use.</remarks>
public interface ISigner
{
    /// <summary>The certificates in DER, the signer's own first, each followed by its issuer, without the root.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>The algorithm, which must fit the first certificate's key.</summary>
    SigningAlgorithm Algorithm { get; }

    /// <summary>Signs <paramref name="data"/> (not its hash).</summary>
    /// <returns>ECDSA: r and s side by side, or the ASN.1 of both as OpenSSL and most key services give it. PSS: the signature.</returns>
    /// <exception cref="C2paException">The key cannot be used or reached.</exception>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
