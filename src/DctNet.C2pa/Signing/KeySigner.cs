using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Signing;

/// <summary>Signs with a private key in this process.</summary>
public sealed class KeySigner : ISigner, IDisposable
{
    private const int MinRsaBits = 2048;

    private readonly AsymmetricAlgorithm _key;

    private KeySigner(AsymmetricAlgorithm key, SigningAlgorithm algorithm, IReadOnlyList<ReadOnlyMemory<byte>> certificates) =>
        (_key, Algorithm, Certificates) = (key, algorithm, certificates);

    /// <inheritdoc/>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <inheritdoc/>
    public SigningAlgorithm Algorithm { get; }

    /// <summary>A key and certificates in PEM.</summary>
    /// <param name="certificates">The signer's certificate, then its issuers; a root at the end is left out.</param>
    /// <param name="privateKey">PKCS#8, SEC 1 or PKCS#1, not encrypted.</param>
    /// <exception cref="C2paException">They cannot be read, do not belong together, or are of a kind that signs no claims.</exception>
    public static KeySigner FromPem(string certificates, string privateKey)
    {
        var chain = CertificateChain.FromPem(certificates);
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(chain[0].Span);
            using var pair = leaf.GetECDsaPublicKey() is null ? WithRsa(leaf, privateKey) : WithEcdsa(leaf, privateKey);
            return FromCertificate(pair, chain);
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            throw new C2paException($"The private key cannot be read, or is not that of the certificate: {problem.Message}", problem);
        }
    }

    /// <summary>PEM files.</summary>
    /// <param name="certificatesPath">As in <see cref="FromPem"/>.</param>
    /// <param name="privateKeyPath">As in <see cref="FromPem"/>.</param>
    /// <exception cref="C2paException">As in <see cref="FromPem"/>, or a file cannot be read.</exception>
    public static KeySigner FromPemFiles(string certificatesPath, string privateKeyPath) =>
        FromPem(CertificateChain.ReadText(certificatesPath), CertificateChain.ReadText(privateKeyPath));

    /// <summary>A PKCS#12 file with the key, its certificate and the issuers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="password">Its password, or null.</param>
    /// <exception cref="C2paException">It cannot be read, or has no key that signs claims.</exception>
    public static KeySigner FromPkcs12File(string path, string? password)
    {
        try
        {
            // Read here: of a file that is not there the platform's loader says "error during a cryptographic operation".
            var all = X509CertificateLoader.LoadPkcs12Collection(File.ReadAllBytes(path), password, X509KeyStorageFlags.EphemeralKeySet);
            using var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new C2paException($"{path} holds no private key.");
            return FromCertificate(leaf, CertificateChain.Order(leaf, all));
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new C2paException($"{path} cannot be read: {problem.Message}", problem);
        }
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // .NET does not promise that a key may be used by two threads at once.
        lock (_key)
        {
            return new(_key switch
            {
                ECDsa key => key.SignData(
                    data.Span, Algorithm == SigningAlgorithm.Es384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256),
                RSA key => key.SignData(data.Span, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
                _ => throw new InvalidOperationException($"A key of type {_key.GetType()} signs nothing here."),
            });
        }
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose() => _key.Dispose();

    private static KeySigner FromCertificate(X509Certificate2 pair, IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        if (pair.GetECDsaPrivateKey() is { } ecdsa)
        {
            return new KeySigner(ecdsa, CertificateChain.AlgorithmOf(pair), chain);
        }

        return pair.GetRSAPrivateKey() is { KeySize: >= MinRsaBits } rsa
            ? new KeySigner(rsa, SigningAlgorithm.Ps256, chain)
            : throw new C2paException("The key is neither ECDSA nor RSA of 2048 bits and more.");
    }

    private static X509Certificate2 WithEcdsa(X509Certificate2 leaf, string privateKey)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(privateKey);
        return leaf.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 WithRsa(X509Certificate2 leaf, string privateKey)
    {
        using var key = RSA.Create();
        key.ImportFromPem(privateKey);
        return leaf.CopyWithPrivateKey(key);
    }
}
