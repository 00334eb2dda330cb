using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;

namespace DctNet.C2pa.Signing;

/// <summary>A time-stamp authority over HTTP (RFC 3161, 3.4).</summary>
/// <param name="http">The transport, with its time-outs. Stays the caller's.</param>
/// <param name="address">The authority's address.</param>
public sealed class TimeStampAuthority(HttpClient http, Uri address) : ITimeStamper
{
    private const int NonceBytes = 8;

    /// <summary>A response with a long chain has some 10 KB.</summary>
    private const int MaxResponseBytes = 64 << 10;

    /// <inheritdoc/>
    public async ValueTask<byte[]> StampAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        var request = Rfc3161TimestampRequest.CreateFromHash(
            sha256, HashAlgorithmName.SHA256, nonce: Nonce(), requestSignerCertificates: true);
        var answer = await RemoteSignature.PostAsync(
            http, address, "application/timestamp-query", request.Encode(), MaxResponseBytes, cancellationToken);
        try
        {
            return request.ProcessResponse(answer, out _).AsSignedCms().Encode();
        }
        catch (CryptographicException problem)
        {
            throw new C2paException($"The time-stamp authority {address.Host} gave no time-stamp: {problem.Message}", problem);
        }
    }

    private static byte[] Nonce()
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        nonce[0] = (byte)((nonce[0] & 0x7F) | 0x40); // A positive integer without leading zeros.
        return nonce;
    }
}
