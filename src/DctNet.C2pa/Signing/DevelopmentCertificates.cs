using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Internal;

namespace DctNet.C2pa.Signing;

/// <summary>
/// A root, an intermediate and a signer's certificate of the profile that C2PA asks for, and the signer's key. For development: nobody else
/// trusts the root, and the keys of root and intermediate are thrown away, so no further certificate can be made under them.
/// </summary>
public sealed record DevelopmentCertificates
{
    /// <summary>Organisational unit of each of these certificates, so that who verifies can tell them from real ones.</summary>
    public const string OrganizationalUnit = "For development only";

    /// <summary>Name of the root's file: what a verifier trusts.</summary>
    public const string RootFile = "root.pem";

    /// <summary>Name of the file with the signer's certificate and the intermediate.</summary>
    public const string ChainFile = "chain.pem";

    /// <summary>Name of the signer's key, readable by its owner alone.</summary>
    public const string KeyFile = "key.pem";

    /// <summary>
    /// Validity of a set that nobody gave one, days: ten years. It cannot be renewed, as nothing of its authorities is kept.
    /// </summary>
    public const int ValidityDays = 3652;

    private const int SerialBytes = 16;

    private DevelopmentCertificates(string root, string chain, string key) => (RootPem, ChainPem, KeyPem) = (root, chain, key);

    /// <summary>The root, PEM.</summary>
    public string RootPem { get; }

    /// <summary>The signer's certificate and the intermediate, PEM.</summary>
    public string ChainPem { get; }

    /// <summary>The signer's key, PKCS#8 PEM.</summary>
    public string KeyPem { get; }

    /// <summary>Makes a set.</summary>
    /// <param name="organization">Organisation in the certificates: what readers show as the signer.</param>
    /// <param name="notBefore">Begin of their validity.</param>
    /// <param name="notAfter">End of their validity.</param>
    /// <param name="algorithm">The signer's key. Root and intermediate have ECDSA on P-256.</param>
    public static DevelopmentCertificates Create(
        string organization, DateTimeOffset notBefore, DateTimeOffset notAfter, SigningAlgorithm algorithm = SigningAlgorithm.Es256)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest(Name("Development root"), rootKey, HashAlgorithmName.SHA256);
        AddAuthority(rootRequest, pathLength: 1);
        using var root = rootRequest.CreateSelfSigned(notBefore, notAfter);

        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var middleRequest = new CertificateRequest(Name("Development intermediate"), middleKey, HashAlgorithmName.SHA256);
        AddAuthority(middleRequest, pathLength: 0);
        using var middleOnly = Issue(middleRequest, root);
        using var middle = middleOnly.CopyWithPrivateKey(middleKey);

        using AsymmetricAlgorithm key = algorithm switch
        {
            SigningAlgorithm.Es256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            SigningAlgorithm.Es384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => RSA.Create(2048),
        };
        var request = key is ECDsa ecdsa
            ? new CertificateRequest(Name("Development signer"), ecdsa, HashAlgorithmName.SHA256)
            : new CertificateRequest(Name("Development signer"), (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));

        // emailProtection for validators from before the C2PA usage had a number.
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(Oids.ClaimSigning), new Oid(Oids.EmailProtection)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var leaf = Issue(request, middle);

        return new DevelopmentCertificates(
            Lines(root.ExportCertificatePem()),
            Lines(leaf.ExportCertificatePem(), middle.ExportCertificatePem()),
            Lines(key.ExportPkcs8PrivateKeyPem()));

        X500DistinguishedName Name(string common)
        {
            var name = new X500DistinguishedNameBuilder();
            name.AddCommonName(common);
            name.AddOrganizationalUnitName(OrganizationalUnit);
            name.AddOrganizationName(organization);
            return name.Build();
        }

        X509Certificate2 Issue(CertificateRequest made, X509Certificate2 issuer)
        {
            made.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
            return made.Create(
                issuer.SubjectName,
                X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!),
                notBefore,
                notAfter,
                RandomNumberGenerator.GetBytes(SerialBytes));
        }
    }

    /// <summary>Writes <see cref="RootFile"/>, <see cref="ChainFile"/> and <see cref="KeyFile"/>, the key last and readable by its owner alone.</summary>
    /// <param name="directory">Made if it is not there.</param>
    /// <exception cref="IOException">One of the files is there already, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written by this user.</exception>
    public void WriteTo(string directory)
    {
        Directory.CreateDirectory(directory);
        Write(RootFile, RootPem, secret: false);
        Write(ChainFile, ChainPem, secret: false);
        Write(KeyFile, KeyPem, secret: true);

        void Write(string name, string text, bool secret)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (secret && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var stream = new StreamWriter(Path.Combine(directory, name), options);
            stream.Write(text);
        }
    }

    /// <summary>
    /// The set in a directory, made on first use. Of two processes that come first together one wins, and both get its set.
    /// </summary>
    /// <param name="directory">Of this set alone; what is above it must be there.</param>
    /// <param name="organization">As in <see cref="Create"/>.</param>
    /// <param name="now">Begin of the validity of a new set, which is of <see cref="ValidityDays"/> days.</param>
    /// <exception cref="IOException">The files cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be read or written by this user.</exception>
    public static DevelopmentCertificates ReadOrCreate(string directory, string organization, DateTimeOffset now)
    {
        if (!Directory.Exists(directory))
        {
            var draft = $"{directory}.{Guid.NewGuid():n}";
            Create(organization, now, now.AddDays(ValidityDays)).WriteTo(draft);
            try
            {
                Directory.Move(draft, directory);
            }
            catch (IOException) when (Directory.Exists(directory))
            {
                Directory.Delete(draft, recursive: true);
            }
        }

        return new DevelopmentCertificates(Read(RootFile), Read(ChainFile), Read(KeyFile));

        string Read(string name) => File.ReadAllText(Path.Combine(directory, name));
    }

    /// <summary>True for a certificate of such a set.</summary>
    public static bool IsDevelopment(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return CertificateNames.Find(certificate.SubjectName, CertificateNames.OrganizationalUnit) == OrganizationalUnit;
    }

    private static void AddAuthority(CertificateRequest request, int pathLength)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
    }

    private static string Lines(params string[] pems) => string.Concat(pems.Select(pem => pem + "\n"));
}
