using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>A certificate to be made, with every rule of its profile open to be broken.</summary>
internal sealed record TestCertificate
{
    public const string EmailProtection = "1.3.6.1.5.5.7.3.4";

    public bool IsAuthority { get; init; }

    public bool HasConstraints { get; init; } = true;

    public int? PathLength { get; init; }

    public X509KeyUsageFlags? KeyUsage { get; init; }

    public string[]? Usages { get; init; }

    public bool HasCriticalUsages { get; init; }

    public bool IsSignedWithSha1 { get; init; }

    public bool NamesIssuer { get; init; } = true;

    public bool HasKeyId { get; init; } = true;

    public int RsaBits { get; init; }

    public ECCurve Curve { get; init; } = ECCurve.NamedCurves.nistP256;

    public X509Extension[] Extra { get; init; } = [];

    /// <summary>Days from now.</summary>
    public int From { get; init; } = -1;

    public int To { get; init; } = 30;

    public string? Subject { get; init; }

    public byte[]? SerialNumber { get; init; }

    public Issued Make(string name, Issued? issuer)
    {
        AsymmetricAlgorithm key = RsaBits > 0 ? RSA.Create(RsaBits) : ECDsa.Create(Curve);
        var subject = new X500DistinguishedName(Subject ?? $"CN={name},O=Test");
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        if (HasConstraints)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(IsAuthority, PathLength is not null, PathLength ?? 0, critical: true));
        }

        var usage = KeyUsage ?? (IsAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature);
        if (usage != X509KeyUsageFlags.None)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        }

        if ((Usages ?? (IsAuthority ? [] : [EmailProtection])) is { Length: > 0 } usages)
        {
            var oids = new OidCollection();
            Array.ForEach(usages, oid => oids.Add(new Oid(oid)));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, HasCriticalUsages));
        }

        var id = new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false);
        if (HasKeyId)
        {
            request.CertificateExtensions.Add(id);
        }

        if (NamesIssuer)
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(
                issuer?.Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().First() ?? id));
        }

        Array.ForEach(Extra, request.CertificateExtensions.Add);
        var signing = (issuer?.Key ?? key) is RSA authority
            ? X509SignatureGenerator.CreateForRSA(authority, RSASignaturePadding.Pkcs1)
            : IsSignedWithSha1
                ? new Sha1Generator((ECDsa)issuer!.Key)
                : X509SignatureGenerator.CreateForECDsa((ECDsa)(issuer?.Key ?? key));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(From), DateTimeOffset.UtcNow.AddDays(To));
        return new Issued(request.Create(issuer?.Certificate.SubjectName ?? subject, signing, from, to, SerialNumber ?? RandomNumberGenerator.GetBytes(8)), key);
    }

    /// <summary>.NET signs no certificate with SHA-1 by itself.</summary>
    private sealed class Sha1Generator(ECDsa key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.10045.4.1");
            }

            return writer.Encode();
        }

#pragma warning disable CA5350 // What nobody may believe is what is made here.
        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
            key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);
#pragma warning restore CA5350

        protected override PublicKey BuildPublicKey() => CreateForECDsa(key).PublicKey;
    }
}
