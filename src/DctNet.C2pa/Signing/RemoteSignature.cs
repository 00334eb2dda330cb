using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Signing;

/// <summary>What the signers whose key is elsewhere share.</summary>
internal static class RemoteSignature
{
    public static SigningAlgorithm AlgorithmOf(IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        ArgumentOutOfRangeException.ThrowIfZero(certificates.Count, nameof(certificates));
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(certificates[0].Span);
            return CertificateChain.AlgorithmOf(leaf);
        }
        catch (CryptographicException problem)
        {
            throw new C2paException($"The signer's certificate cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>All of an answer.</summary>
    /// <exception cref="InvalidDataException">It is empty or too long.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellation)
    {
        var buffer = new byte[maxBytes + 1];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return read > 0 && read <= maxBytes ? buffer[..read] : throw new InvalidDataException(read == 0 ? "the answer is empty" : $"the answer has more than {maxBytes} bytes");
    }
}
