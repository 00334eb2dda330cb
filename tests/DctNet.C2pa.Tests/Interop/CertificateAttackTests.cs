using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>Whole files by signers whose certificates are wrong in one thing: judged here as c2pa-rs judges them.</summary>
public sealed class CertificateAttackTests : IDisposable
{
    // As C2PA and RFC 5280 number them.
    private const string ClaimSigning = "1.3.6.1.4.1.62558.2.1";
    private const string EmailProtection = TestCertificate.EmailProtection;

    /// <summary>
    /// What the c2pa-rs of c2pa-node 0.8.0 trusts and RFC 5280 or C2PA's certificate profile do not: it looks at no path length, name constraint
    /// or right to sign certificates, and takes certificates of time-stamp authorities and OCSP responders for signers'.
    /// </summary>
    private static readonly Dictionary<string, ValidationState> s_stricter = new()
    {
        ["intermediate expired"] = ValidationState.Untrusted,
        ["root expired"] = ValidationState.Untrusted,
        ["intermediate is no authority"] = ValidationState.Untrusted,
        ["intermediate may not sign"] = ValidationState.Untrusted,
        ["trusted intermediate may not sign"] = ValidationState.Untrusted,
        ["path too long"] = ValidationState.Untrusted,
        ["other names only"] = ValidationState.Untrusted,
        ["unknown critical extension of the intermediate"] = ValidationState.Untrusted,
        ["for time-stamps"] = ValidationState.Invalid,
        ["for OCSP"] = ValidationState.Invalid,
    };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-c2pa-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_signer_is_believed_where_c2pa_rs_believes_him_and_the_rules_allow_it()
    {
        Peer.Require();
        var cases = new Dictionary<string, Chain>
        {
            ["right"] = new(),
            ["right without intermediate"] = new() { Middle = null },
            ["leaf expired"] = new() { Leaf = new() { From = -10, To = -5 } },
            ["leaf not yet"] = new() { Leaf = new() { From = 1, To = 5 } },
            ["intermediate expired"] = new() { Middle = new() { IsAuthority = true, From = -10, To = -5 } },
            ["root expired"] = new() { Root = new() { IsAuthority = true, From = -10, To = -5 } },
            ["no usage"] = new() { Leaf = new() { Usages = [] } },
            ["server"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.1"] } },
            ["server and mail"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.1", EmailProtection] } },
            ["any and mail"] = new() { Leaf = new() { Usages = ["2.5.29.37.0", EmailProtection] } },
            ["for time-stamps and mail"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.8", EmailProtection] } },
            ["for OCSP and mail"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.9", EmailProtection] } },
            ["for time-stamps"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.8"] } },
            ["for OCSP"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.9"] } },
            ["document"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.36"] } },
            ["claim signing"] = new() { Leaf = new() { Usages = [ClaimSigning] } },
            ["code signing"] = new() { Leaf = new() { Usages = ["1.3.6.1.5.5.7.3.3"] } },
            ["leaf is an authority"] = new()
            {
                Leaf = new() { IsAuthority = true, KeyUsage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, Usages = [EmailProtection] },
            },
            ["leaf without basic constraints"] = new() { Leaf = new() { HasConstraints = false } },
            ["intermediate is no authority"] = new() { Middle = new() { KeyUsage = X509KeyUsageFlags.KeyCertSign } },
            ["intermediate may not sign"] = new() { Middle = new() { IsAuthority = true, KeyUsage = X509KeyUsageFlags.CrlSign } },
            ["intermediate without key usage"] = new() { Middle = new() { IsAuthority = true, KeyUsage = X509KeyUsageFlags.None } },
            ["path too long"] = new() { Root = new() { IsAuthority = true, PathLength = 0 } },
            ["path ok"] = new() { Root = new() { IsAuthority = true, PathLength = 1 }, Middle = new() { IsAuthority = true, PathLength = 0 } },
            ["intermediate for servers"] = new() { Middle = new() { IsAuthority = true, Usages = ["1.3.6.1.5.5.7.3.1"] } },
            ["intermediate for mail"] = new() { Middle = new() { IsAuthority = true, Usages = [EmailProtection] } },
            ["other names only"] = new() { Middle = new() { IsAuthority = true, Extra = [NameConstraints("Elsewhere")] } },
            ["its name only"] = new() { Middle = new() { IsAuthority = true, Extra = [NameConstraints("Test")] } },
            ["signed with SHA-1"] = new() { Leaf = new() { IsSignedWithSha1 = true } },
            ["no key identifier"] = new() { Leaf = new() { NamesIssuer = false } },
            ["no own key identifier"] = new() { Leaf = new() { HasKeyId = false } },
            ["no key usage"] = new() { Leaf = new() { KeyUsage = X509KeyUsageFlags.None } },
            ["key usage other"] = new() { Leaf = new() { KeyUsage = X509KeyUsageFlags.KeyEncipherment } },
            ["key usage both"] = new() { Leaf = new() { KeyUsage = X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DigitalSignature } },
            ["key usage certs, no CA"] = new() { Leaf = new() { KeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature } },
            ["rsa 1024"] = new() { Leaf = new() { RsaBits = 1024 } },
            ["rsa 2048"] = new() { Leaf = new() { RsaBits = 2048 } },
            ["rsa 1024 intermediate"] = new() { Middle = new() { IsAuthority = true, RsaBits = 1024 } },
            ["rsa 1024 root"] = new() { Root = new() { IsAuthority = true, RsaBits = 1024 } },
            ["p384 for es256"] = new() { Leaf = new() { Curve = ECCurve.NamedCurves.nistP384 }, Says = SigningAlgorithm.Es256 },
            ["p256 for es384"] = new() { Leaf = new() { Curve = ECCurve.NamedCurves.nistP256 }, Says = SigningAlgorithm.Es384 },
            ["secp256k1"] = new() { Leaf = new() { Curve = ECCurve.CreateFromValue("1.3.132.0.10") } },
            ["brainpool"] = new() { Leaf = new() { Curve = ECCurve.NamedCurves.brainpoolP256r1 } },
            ["unknown critical extension"] = new() { Leaf = new() { Extra = [Unknown(critical: true)] } },
            ["unknown extension"] = new() { Leaf = new() { Extra = [Unknown(critical: false)] } },
            ["unknown critical extension of the intermediate"] = new() { Middle = new() { IsAuthority = true, Extra = [Unknown(critical: true)] } },
            ["self-signed"] = new() { Middle = null, Root = null },
            ["trusted intermediate"] = new() { Trusts = "middle" },
            ["trusted leaf"] = new() { Trusts = "leaf" },
            ["trusted intermediate, root sent"] = new() { Trusts = "middle", SendsRoot = true },
            ["trusted intermediate, forged leaf"] = new() { Trusts = "middle", Forged = true },
            ["trusted intermediate, forged leaf, root sent"] = new() { Trusts = "middle", Forged = true, SendsRoot = true },
            ["trusted intermediate, expired"] = new() { Trusts = "middle", Middle = new() { IsAuthority = true, From = -10, To = -5 } },
            ["trusted intermediate may not sign"] = new() { Trusts = "middle", Middle = new() { KeyUsage = X509KeyUsageFlags.DigitalSignature } },
            ["forged leaf"] = new() { Forged = true },
            ["root in chain"] = new() { SendsRoot = true },
            ["intermediate missing"] = new() { SendsMiddle = false },
            ["same name"] = new() { Leaf = new() { Subject = "CN=middle,O=Test" } },
        };
        foreach (var trust in cases.Select(item => (item.Key, Made: item.Value.Make())).ToList())
        {
            var file = new Forgery { Signer = trust.Made.Signer }.File();
            var path = Path.Combine(_directory.FullName, Guid.NewGuid().ToString("n"));
            File.WriteAllBytes(path, file);
            var theirs = Peer.State(Peer.Ask([Peer.Read("node", path, ImageFormat.Png.MediaType())], trust.Made.TrustPem)[0]);

            var ours = new ManifestVerifier(TrustList.FromPem(trust.Made.TrustPem)).Verify(file);

            var expected = s_stricter.GetValueOrDefault(trust.Key, theirs switch
            {
                "Trusted" => ValidationState.Trusted,
                "Valid" => ValidationState.Untrusted,
                _ => ValidationState.Invalid,
            });
            Assert.True(expected == ours.State, $"{trust.Key}: {ours.State} ({string.Join(' ', ours.Codes)}), c2pa-rs {theirs}");
        }
    }

    private static X509Extension Unknown(bool critical) => new("1.2.3.4.5", [5, 0], critical);

    /// <summary>Permits no name but those of one organization.</summary>
    private static X509Extension NameConstraints(string organization)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var (permitted, directory) = (new Asn1Tag(TagClass.ContextSpecific, 0), new Asn1Tag(TagClass.ContextSpecific, 4, true));
        using (writer.PushSequence())
        using (writer.PushSequence(permitted))
        using (writer.PushSequence())
        using (writer.PushSequence(directory))
        {
            writer.WriteEncodedValue(new X500DistinguishedName($"O={organization}").RawData);
        }

        return new X509Extension("2.5.29.30", writer.Encode(), critical: true);
    }

    private sealed record Chain
    {
        public TestCertificate? Root { get; init; } = new() { IsAuthority = true };

        public TestCertificate? Middle { get; init; } = new() { IsAuthority = true };

        public TestCertificate Leaf { get; init; } = new();

        public SigningAlgorithm? Says { get; init; }

        public string Trusts { get; init; } = "root";

        public bool SendsRoot { get; init; }

        /// <summary>The leaf names its issuer and is signed by the key of another.</summary>
        public bool Forged { get; init; }

        public bool SendsMiddle { get; init; } = true;

        public (ISigner Signer, string TrustPem) Make()
        {
            var root = Root?.Make("root", null);
            var middle = Middle?.Make("middle", root);
            var issuer = middle ?? root;
            var leaf = Leaf.Make("leaf", Forged ? issuer! with { Key = ECDsa.Create(ECCurve.NamedCurves.nistP256) } : issuer);
            var trusted = (Trusts switch { "leaf" => leaf, "middle" => middle, _ => root }) ?? leaf;
            List<X509Certificate2> sent = [leaf.Certificate];
            sent.AddRange(SendsMiddle && middle is { } m ? [m.Certificate] : []);
            sent.AddRange(SendsRoot && root is { } r ? [r.Certificate] : []);
            var algorithm = Says ?? (leaf.Key is RSA ? SigningAlgorithm.Ps256 : SigningAlgorithm.Es256);
            return (new Signer([.. sent.Select(c => (ReadOnlyMemory<byte>)c.RawData)], algorithm, leaf.Key), trusted.Certificate.ExportCertificatePem() + "\n");
        }
    }

    private sealed class Signer(IReadOnlyList<ReadOnlyMemory<byte>> certificates, SigningAlgorithm algorithm, AsymmetricAlgorithm key) : ISigner
    {
        public IReadOnlyList<ReadOnlyMemory<byte>> Certificates => certificates;

        public SigningAlgorithm Algorithm => algorithm;

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            var hash = algorithm == SigningAlgorithm.Es384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
            return ValueTask.FromResult(key is RSA rsa ? rsa.SignData(data.Span, hash, RSASignaturePadding.Pss) : ((ECDsa)key).SignData(data.Span, hash));
        }
    }
}
