using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Tests.Interop;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>Who signed: trusted, unknown, expired, or somebody who may not.</summary>
public sealed class TrustTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_file_without_a_manifest_is_absent_and_so_is_no_file_at_all()
    {
        Assert.Equal(ValidationState.Absent, Verifier().Verify(TestFiles.Of(ImageFormat.WebP)).State);
        Assert.Equal(ValidationState.Absent, Verifier().Verify(ReadOnlyMemory<byte>.Empty).State);
    }

    [Fact]
    public async Task Another_root_makes_it_untrusted_and_no_root_makes_it_valid()
    {
        var signed = await SignAsync(Signer());

        var others = DevelopmentCertificates.Create("Others", DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var untrusted = new ManifestVerifier(TrustList.FromPem(others.RootPem)).Verify(signed);
        var valid = new ManifestVerifier(TrustList.Empty).Verify(signed);

        Assert.Equal(ValidationState.Untrusted, untrusted.State);
        Assert.Contains(StatusCodes.CredentialUntrusted, untrusted.Codes);
        Assert.Contains(StatusCodes.SignatureValidated, untrusted.Codes);
        Assert.Equal(ValidationState.Valid, valid.State);
        Assert.DoesNotContain(StatusCodes.CredentialUntrusted, valid.Codes);
    }

    [Fact]
    public async Task A_missing_intermediate_makes_it_untrusted_and_not_invalid()
    {
        using var whole = Signer();
        var signed = await SignAsync(new OtherChain(whole, [whole.Certificates[0]]));

        Assert.Equal(ValidationState.Untrusted, Verifier().Verify(signed).State);
    }

    [Fact]
    public async Task An_expired_certificate_makes_it_invalid_unless_a_time_stamp_proves_the_time()
    {
        using var authority = new TimeStampServer();
        using var http = new HttpClient();
        var plain = await SignAsync(Signer());
        var stamped = await SignAsync(Signer(), new TimeStampAuthority(http, authority.Address));
        var later = new LaterTime(TimeSpan.FromDays(400));
        var verifier = new ManifestVerifier(TrustList.FromPem(Certificates().RootPem, authority.RootPem), later);

        Assert.Equal((ValidationState.Invalid, true), StateAnd(verifier.Verify(plain), StatusCodes.CredentialExpired));
        Assert.Equal((ValidationState.Trusted, true), StateAnd(verifier.Verify(stamped), StatusCodes.TimeStampTrusted));
        Assert.Equal(
            (ValidationState.Invalid, true),
            StateAnd(new ManifestVerifier(Trust(), later).Verify(stamped), StatusCodes.TimeStampUntrusted));
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1")] // TLS server
    [InlineData("2.5.29.37.0")] // any
    [InlineData(null)]
    public async Task A_certificate_for_something_else_makes_it_invalid(string? usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Somebody", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var self = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(self, true, false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var signer = KeySigner.FromPem(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        var verifier = new ManifestVerifier(TrustList.FromPem(certificate.ExportCertificatePem()));

        Assert.Equal((ValidationState.Invalid, true), StateAnd(verifier.Verify(await SignAsync(signer)), StatusCodes.CredentialInvalid));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_impostor_of_a_trusted_authority_is_not_believed(bool belowAnother)
    {
        // Name and serial number of what is on the list, which is public, with a key of his own.
        var issuer = belowAnother ? new TestCertificate { IsAuthority = true }.Make("Above", null) : null;
        var authority = new TestCertificate { IsAuthority = true, SerialNumber = [1, 2, 3, 4, 5, 6, 7, 8] };
        var (genuine, impostor) = (authority.Make("Authority", issuer), authority.Make("Authority", issuer));
        var leaf = new TestCertificate().Make("Signer", impostor);
        var pem = string.Join('\n', leaf.Certificate.ExportCertificatePem(), impostor.Certificate.ExportCertificatePem());
        using var signer = KeySigner.FromPem(pem, leaf.Key.ExportPkcs8PrivateKeyPem());
        var signed = await SignAsync(signer);

        Assert.Equal(ValidationState.Untrusted, new ManifestVerifier(TrustList.FromPem(genuine.Certificate.ExportCertificatePem())).Verify(signed).State);
        Assert.Equal(ValidationState.Trusted, new ManifestVerifier(TrustList.FromPem(impostor.Certificate.ExportCertificatePem())).Verify(signed).State);
    }

    [Fact]
    public async Task A_signer_s_name_is_one_short_line()
    {
        var leaf = new TestCertificate { Subject = $"CN=Signer,O=\"Paper\u001b[31m\nVERIFIED {new string('x', 500)}\"" };
        var root = new TestCertificate { IsAuthority = true }.Make("Root", null);
        var issued = leaf.Make("Signer", root);
        using var signer = KeySigner.FromPem(issued.Certificate.ExportCertificatePem(), issued.Key.ExportPkcs8PrivateKeyPem());

        var name = new ManifestVerifier(TrustList.FromPem(root.Certificate.ExportCertificatePem())).Verify(await SignAsync(signer)).Manifest!.Signer!.Organization!;

        Assert.StartsWith("Paper [31m VERIFIED x", name);
        Assert.Equal(ForeignText.MaxChars + 1, name.Length);
    }

    [Fact]
    public async Task The_summary_names_signer_source_type_watermark_and_model()
    {
        var manifest = Verifier().Verify(await SignAsync(Signer())).Manifest!;

        Assert.Equal("Test generator 1.2.3", manifest.Generator);
        Assert.Equal(new SignerSummary("Development signer", "Test organisation", "Development intermediate", IsDevelopment: true), manifest.Signer);
        Assert.Equal([SourceType], manifest.DigitalSourceTypes);
        var binding = Assert.Single(manifest.SoftBindings);
        Assert.Equal(("org.dctnet.watermark.1", "0001020304050607"), (binding.Algorithm, Convert.ToHexStringLower(binding.Value.Span)));
        Assert.Contains("c2pa.ai-disclosure", manifest.Assertions);
        Assert.Null(manifest.SignedAt);
    }

    private static (ValidationState State, bool Has) StateAnd(ValidationReport report, string code) => (report.State, report.Codes.Contains(code));

    private static async Task<byte[]> SignAsync(ISigner signer, ITimeStamper? stamper = null) =>
        (await new ManifestWriter(signer, stamper).SignAsync(TestFiles.Of(ImageFormat.Png), Definition(), Cancellation)).ToArray();

    /// <summary>A signer with other certificates than its own.</summary>
    private sealed class OtherChain(ISigner signer, IReadOnlyList<ReadOnlyMemory<byte>> certificates) : ISigner
    {
        public IReadOnlyList<ReadOnlyMemory<byte>> Certificates => certificates;

        public SigningAlgorithm Algorithm => signer.Algorithm;

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => signer.SignAsync(data, cancellationToken);
    }

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
