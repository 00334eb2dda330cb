using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Internal;

namespace DctNet.C2pa.Signing;

/// <summary>Certificates as a claim carries them: the signer's own first, each followed by its issuer, without the root.</summary>
public static class CertificateChain
{
    /// <summary>A few certificates are a few KB; anything larger is another file.</summary>
    private const int MaxFileBytes = 1 << 20;

    /// <summary>The certificates of a PEM text in their order, in DER, without a root at the end.</summary>
    /// <exception cref="C2paException">It holds none, or one that cannot be read.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> FromPem(string pem)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(pem);
            return all.Count > 0 ? Der(all) : throw new C2paException("There is no certificate in the PEM text.");
        }
        catch (CryptographicException problem)
        {
            throw new C2paException($"A certificate cannot be read: {problem.Message}", problem);
        }
        finally
        {
            Dispose(all);
        }
    }

    /// <summary>As <see cref="FromPem"/>, from a file.</summary>
    /// <exception cref="C2paException">As <see cref="FromPem"/>, or the file cannot be read.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> FromPemFile(string path) => FromPem(ReadText(path));

    /// <summary>The algorithm for a certificate's key.</summary>
    /// <exception cref="C2paException">The key signs no claims here.</exception>
    internal static SigningAlgorithm AlgorithmOf(X509Certificate2 certificate)
    {
        using var ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa?.KeySize switch
        {
            256 => SigningAlgorithm.Es256,
            384 => SigningAlgorithm.Es384,
            null when certificate.PublicKey.Oid.Value == Oids.Rsa => SigningAlgorithm.Ps256,
            _ => throw new C2paException("The key is neither ECDSA on P-256 or P-384 nor RSA."),
        };
    }

    /// <summary>The chain from a certificate up, out of a bag of them.</summary>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> Order(X509Certificate2 leaf, X509Certificate2Collection bag)
    {
        var chain = new X509Certificate2Collection(leaf);
        while (bag.FirstOrDefault(Issues) is { } issuer)
        {
            chain.Add(issuer);
        }

        return Der(chain);

        bool Issues(X509Certificate2 candidate) =>
            candidate.SubjectName.RawData.AsSpan().SequenceEqual(chain[^1].IssuerName.RawData) && !chain.Contains(candidate);
    }

    internal static string ReadText(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxFileBytes
                ? File.ReadAllText(path)
                : throw new C2paException($"{path} has more than {MaxFileBytes} bytes: it is no PEM file.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new C2paException($"{path} cannot be read: {problem.Message}", problem);
        }
    }

    private static ReadOnlyMemory<byte>[] Der(X509Certificate2Collection chain)
    {
        var last = chain[^1];
        var hasRoot = chain.Count > 1 && last.SubjectName.RawData.AsSpan().SequenceEqual(last.IssuerName.RawData);
        return [.. chain.Take(chain.Count - (hasRoot ? 1 : 0)).Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData)];
    }

    private static void Dispose(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates)
        {
            certificate.Dispose();
        }
    }
}
