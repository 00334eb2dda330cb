using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>Checks a claim's signature, its certificates and its time-stamp.</summary>
internal sealed class SignatureCheck(TrustList trust, DateTimeOffset now, CborBudget? budget = null)
{
    /// <summary>Usages of which one must be among a signer's (C2PA 2.4, "Certificate profiles", and the lists of versions before).</summary>
    private static readonly string[] s_signingUsages = [Oids.ClaimSigning, Oids.EmailProtection, Oids.DocumentSigning];

    private const int MinRsaBits = 2048;

    /// <summary>How far an authority's clock may be ahead of this machine's: what Kerberos allows (RFC 4120, 8.2). Beyond it a stamp proves nothing.</summary>
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Of certificates: RSA with SHA-256, 384, 512, and PSS; ECDSA with them; Ed25519.</summary>
    private static readonly string[] s_signatures =
    [
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.10",
        "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", Oids.Ed25519,
    ];

    /// <summary>P-256, P-384, P-521.</summary>
    private static readonly string[] s_curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    /// <summary>Extensions of RFC 5280 lie below this arc, but for those about where to ask.</summary>
    private const string CertificateExtensions = "2.5.29.";

    /// <summary>Checks.</summary>
    /// <returns>Who signed, and when by a trusted authority's word; null where that cannot be told.</returns>
    public (SignerSummary? Signer, DateTimeOffset? SignedAt) Check(
        ReadOnlyMemory<byte> cose, ReadOnlyMemory<byte> claim, StatusLog log, string url)
    {
        CoseSignature signature;
        var certificates = new List<X509Certificate2>();
        try
        {
            signature = CoseSignature.Parse(cose, budget);
            foreach (var certificate in signature.Certificates)
            {
                certificates.Add(X509CertificateLoader.LoadCertificate(certificate.Span));
            }
        }
        catch (Exception problem) when (problem is MalformedException or CryptographicException)
        {
            certificates.ForEach(certificate => certificate.Dispose());
            log.Fail(StatusCodes.SignatureMismatch, url, "The signature or its certificates cannot be read.");
            return default;
        }

        try
        {
            return Check(signature, certificates, claim, log, url);
        }
        catch (CryptographicException)
        {
            // A key of a kind or with parameters that the platform refuses.
            log.Fail(StatusCodes.CredentialInvalid, url, "The signer's certificate or key cannot be used.");
            return default;
        }
        finally
        {
            certificates.ForEach(certificate => certificate.Dispose());
        }
    }

    private (SignerSummary Signer, DateTimeOffset? SignedAt) Check(
        CoseSignature signature, List<X509Certificate2> certificates, ReadOnlyMemory<byte> claim, StatusLog log, string url)
    {
        var leaf = certificates[0];
        var summary = Summary(leaf);
        var signedAt = TimeStamp(signature, claim, log, url);
        switch (signature.Verify(claim.Span, leaf))
        {
            case null:
                log.Fail(StatusCodes.AlgorithmUnsupported, url, "The signature's algorithm is not known here.");
                return (summary, null);
            case false:
                log.Fail(StatusCodes.SignatureMismatch, url, "The claim was changed after it was signed, or the signature.");
                return (summary, null);
        }

        if (ProfileProblem(leaf) is { } problem)
        {
            log.Fail(StatusCodes.CredentialInvalid, url, problem);
            return (summary, signedAt);
        }

        var time = signedAt ?? now;
        if (IsInside(leaf, time))
        {
            log.Pass(StatusCodes.SignatureInsideValidity, url);
        }
        else
        {
            log.Fail(
                signedAt is null ? StatusCodes.CredentialExpired : StatusCodes.SignatureOutsideValidity,
                url,
                "The certificate was not valid at the time of signing, as far as that is proved.");
            return (summary, signedAt);
        }

        if (trust.Signers.Count > 0)
        {
            if (ChainsTo(trust.Signers, leaf, certificates, time))
            {
                log.Pass(StatusCodes.CredentialTrusted, url);
                log.Note(StatusCodes.OcspSkipped, url);
            }
            else
            {
                log.Fail(StatusCodes.CredentialUntrusted, url, "The signer is not on the trust list.");
            }
        }

        log.Pass(StatusCodes.SignatureValidated, url);
        return (summary, signedAt);
    }

    /// <summary>The time of a time-stamp that holds and whose authority is trusted. All else about it is worth a note and no failure.</summary>
    private DateTimeOffset? TimeStamp(CoseSignature signature, ReadOnlyMemory<byte> claim, StatusLog log, string url)
    {
        if (signature.TimeStamp is not { } bytes)
        {
            return null;
        }

        try
        {
            // Version 1 of the header holds the authority's whole response, version 2 the token of it.
            if (!Rfc3161TimestampToken.TryDecode(Token(bytes), out var token, out _))
            {
                log.Note(StatusCodes.TimeStampMalformed, url);
                return null;
            }

            var stamped = signature.StampsSignature
                ? CoseSignature.ToBeStamped(signature.Protected.Span, signature.Signature.Span)
                : CoseSignature.ToBeSigned("CounterSignature", signature.Protected.Span, claim.Span);
            if (!token.VerifySignatureForData(stamped, out var authority))
            {
                log.Note(StatusCodes.TimeStampMismatch, url);
                return null;
            }

            using (authority)
            {
                var time = token.TokenInfo.Timestamp;
                if (!IsInside(authority, time) || time > now + s_clockTolerance)
                {
                    log.Note(StatusCodes.TimeStampOutsideValidity, url);
                    return null;
                }

                log.Pass(StatusCodes.TimeStampValidated, url);
                if (Usages(authority) is not [Oids.TimeStamping] || !ChainsTo(trust.TimeStampers, authority, token.AsSignedCms().Certificates, time))
                {
                    log.Note(StatusCodes.TimeStampUntrusted, url);
                    return null;
                }

                log.Pass(StatusCodes.TimeStampTrusted, url);
                return time;
            }
        }
        catch (CryptographicException)
        {
            log.Note(StatusCodes.TimeStampMalformed, url);
            return null;
        }
    }

    /// <summary>A response is a sequence of a status, itself a sequence that begins with a number, and the token.</summary>
    private static ReadOnlyMemory<byte> Token(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var response = new AsnReader(bytes, AsnEncodingRules.BER).ReadSequence();
            if (response.PeekTag() == Asn1Tag.Sequence)
            {
                response.ReadEncodedValue();
                return response.HasData ? response.ReadEncodedValue() : bytes;
            }
        }
        catch (AsnContentException)
        {
            // Neither: the decoder will say so.
        }

        return bytes;
    }

    private static List<string?> Usages(X509Certificate2 certificate) =>
    [
        .. certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).Select(oid => oid.Value),
    ];

    private static bool IsInside(X509Certificate2 certificate, DateTimeOffset time) =>
        time.UtcDateTime >= certificate.NotBefore.ToUniversalTime() && time.UtcDateTime <= certificate.NotAfter.ToUniversalTime();

    private static SignerSummary Summary(X509Certificate2 leaf) => new(
        CertificateNames.Find(leaf.SubjectName, CertificateNames.CommonName),
        CertificateNames.Find(leaf.SubjectName, CertificateNames.Organization),
        CertificateNames.Find(leaf.IssuerName, CertificateNames.CommonName)
            ?? CertificateNames.Find(leaf.IssuerName, CertificateNames.Organization),
        DevelopmentCertificates.IsDevelopment(leaf));

    /// <summary>What keeps a certificate from signing claims, or null.</summary>
    private static string? ProfileProblem(X509Certificate2 leaf)
    {
        if (leaf.Version != 3)
        {
            return "The certificate is not of version 3.";
        }

        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
        {
            return "The certificate is an authority's.";
        }

        if (!s_signatures.Contains(leaf.SignatureAlgorithm.Value))
        {
            return "The certificate was signed with an algorithm that is not allowed.";
        }

        if (leaf.Extensions.Any(extension => extension.Critical && !extension.Oid!.Value!.StartsWith(CertificateExtensions, StringComparison.Ordinal)))
        {
            return "The certificate has a critical extension that is not known here.";
        }

        var keyUsages = leaf.Extensions.OfType<X509KeyUsageExtension>().Select(extension => extension.KeyUsages).FirstOrDefault();
        if (!keyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature) || keyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign))
        {
            return "The certificate's key is not for signatures, or for those of an authority.";
        }

        if (!leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Any())
        {
            return "The certificate does not name its issuer's key.";
        }

        var usages = Usages(leaf);
        if (!usages.Intersect(s_signingUsages).Any()
            || usages.Intersect([Oids.AnyExtendedKeyUsage, Oids.TimeStamping, Oids.OcspSigning]).Any())
        {
            return "The certificate is not for signing claims (extended key usage).";
        }

        using var ecdsa = leaf.GetECDsaPublicKey();
        if (ecdsa is not null && !s_curves.Contains(ecdsa.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value))
        {
            return "The certificate's key is on a curve that is not allowed.";
        }

        using var rsa = leaf.GetRSAPublicKey();
        return rsa is { KeySize: < MinRsaBits } ? "The certificate's key is too short." : null;
    }

    private static bool ChainsTo(
        X509Certificate2Collection anchors, X509Certificate2 leaf, IEnumerable<X509Certificate2> others, DateTimeOffset time)
    {
        if (anchors.Count == 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        foreach (var other in others)
        {
            chain.ChainPolicy.ExtraStore.Add(other);
        }

        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = time.UtcDateTime;
        try
        {
            if (chain.Build(leaf))
            {
                return true;
            }

            // An issuing authority may be on the list itself, with no root known: what is above it does not count, all below does.
            // Compared to the byte: Equals goes by issuer and serial number, which anybody can put beside a key of his own.
            var below = chain.ChainElements
                .TakeWhile((element, depth) => depth == 0 || !anchors.Any(anchor => anchor.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)))
                .ToList();
            return below.Count < chain.ChainElements.Count
                && below.TrueForAll(element => IsInside(element.Certificate, time))
                && chain.ChainStatus.All(status => status.Status is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }
}
