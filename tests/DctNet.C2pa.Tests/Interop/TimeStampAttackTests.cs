using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>
/// Whole files whose signer's certificate is over, so that only a time-stamp makes them good: stamps that are wrong in one thing are judged here
/// as c2pa-rs judges them.
/// </summary>
public sealed class TimeStampAttackTests : IDisposable
{
    // As RFC 5280, 3161, 5035 and NIST number them.
    private const string TimeStamping = "1.3.6.1.5.5.7.3.8";
    private const string TokenInfo = "1.2.840.113549.1.9.16.1.4";
    private const string SigningCertificate = "1.2.840.113549.1.9.16.2.47";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    /// <summary>Days from now of a stamp that is in time.</summary>
    private const int InTime = -7;

    private static readonly TestCertificate s_over = new() { From = -10, To = -5 };

    private static readonly TestCertificate s_root = new() { IsAuthority = true, From = -20, RsaBits = 2048, Subject = "CN=Stamps root,O=Stamps" };

    private static readonly TestCertificate s_authority = new()
    {
        From = -20, RsaBits = 2048, Usages = [TimeStamping], HasCriticalUsages = true, Subject = "CN=Stamps,O=Stamps",
    };

    /// <summary>Stamps that prove their time, also where the authority's certificates have ended since.</summary>
    private static readonly string[] s_believed = ["right", "right by a root that is over since", "right by an authority that is over since"];

    /// <summary>What the c2pa-rs of c2pa-node 0.8.0 believes all the same.</summary>
    private static readonly string[] s_stricter =
    [
        "from the future", "after the root", "by an authority for mail", "by an authority that may be for stamps",
        "by the signer himself", "names another certificate", "names no certificate",
    ];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-c2pa-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_time_stamp_proves_no_more_than_its_authority_may_and_did_say()
    {
        Peer.Require();
        var cases = new Dictionary<string, Stamp>
        {
            ["right"] = new(),
            ["right by a root that is over since"] = new() { Root = s_root with { To = -6 } },
            ["right by an authority that is over since"] = new() { Authority = s_authority with { To = -6 } },
            ["before the signer's certificate"] = new() { Day = -15 },
            ["after the signer's certificate"] = new() { Day = 0 },
            ["from the future"] = new() { Day = 3, Signer = new() { From = 1, To = 5 } },
            ["before the authority's certificate"] = new() { Authority = s_authority with { From = -3 } },
            ["after the authority's certificate"] = new() { Authority = s_authority with { To = -8 } },
            ["after the root"] = new() { Root = s_root with { To = -8 } },
            ["by an unknown authority"] = new() { IsKnown = false },
            ["by an authority for nothing"] = new() { Authority = s_authority with { Usages = [] } },
            ["by an authority for mail"] = new() { Authority = s_authority with { Usages = [TestCertificate.EmailProtection] } },
            ["by an authority for stamps and mail"] = new() { Authority = s_authority with { Usages = [TimeStamping, TestCertificate.EmailProtection] } },
            ["by an authority that may be for stamps"] = new() { Authority = s_authority with { HasCriticalUsages = false } },
            ["by the signer himself"] = new() { IsSigner = true },
            ["over other bytes"] = new() { Of = _ => "something else"u8.ToArray() },
            ["over nothing"] = new() { Of = _ => [] },
            ["signature broken"] = new() { Break = token => token[^20] ^= 1 },
            ["time changed"] = new() { Day = 0, Break = token => Move(token, 0, InTime) },
            ["names another certificate"] = new() { NamedHash = new byte[32] },
            ["names no certificate"] = new() { NamedHash = [] },
        };
        var wrong = new List<string>();
        foreach (var (name, stamp) in cases)
        {
            var (file, trust, stampTrust) = stamp.Make();
            var path = Path.Combine(_directory.FullName, Guid.NewGuid().ToString("n"));
            File.WriteAllBytes(path, file);
            var answer = Peer.Ask([Peer.Read("node", path, ImageFormat.Png.MediaType())], trust, stampTrust)[0];

            var ours = new ManifestVerifier(TrustList.FromPem(trust, stampTrust)).Verify(file);

            var (believed, stricter) = (s_believed.Contains(name), s_stricter.Contains(name));
            if (ours.State != (believed ? ValidationState.Trusted : ValidationState.Invalid) || Peer.State(answer) == "Trusted" != (believed || stricter))
            {
                wrong.Add($"{name}: {ours.State} ({string.Join(' ', ours.Codes)}), c2pa-rs {answer.ToJsonString()}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>Another time into a token, without its authority.</summary>
    private static void Move(byte[] token, int from, int to)
    {
        var at = token.AsSpan().IndexOf(Day(from));
        Assert.True(at > 0);
        Day(to).CopyTo(token, at);

        static byte[] Day(int day) =>
            Encoding.ASCII.GetBytes(DateTimeOffset.UtcNow.AddDays(day).ToString("yyyyMMdd", CultureInfo.InvariantCulture));
    }

    private sealed record Stamp
    {
        public TestCertificate Signer { get; init; } = s_over;

        public TestCertificate Root { get; init; } = s_root;

        public TestCertificate Authority { get; init; } = s_authority;

        public int Day { get; init; } = InTime;

        public bool IsKnown { get; init; } = true;

        /// <summary>The signer's own certificate stamps, and its root is on the list of authorities too.</summary>
        public bool IsSigner { get; init; }

        /// <summary>What is stamped in place of the signature.</summary>
        public Func<byte[], byte[]> Of { get; init; } = bytes => bytes;

        public Action<byte[]> Break { get; init; } = _ => { };

        /// <summary>Hash of the certificate that the token names as its signer's; null for the right one, empty for none.</summary>
        public byte[]? NamedHash { get; init; }

        public (byte[] File, string Trust, string StampTrust) Make()
        {
            var signerRoot = new TestCertificate { IsAuthority = true, From = -20 }.Make("root", null);
            var signer = Signer.Make("leaf", signerRoot);
            var root = Root.Make("Stamps root", null);
            var authority = IsSigner ? signer : Authority.Make("Stamps", root);
            using var key = KeySigner.FromPem(signer.Certificate.ExportCertificatePem(), signer.Key.ExportPkcs8PrivateKeyPem());
            var file = new Forgery { Signer = key, Stamp = bytes => Token(Of(bytes), authority) }.File();
            return (file, Pem(signerRoot), IsSigner ? Pem(signerRoot) : IsKnown ? Pem(root) : "");

            static string Pem(Issued issued) => issued.Certificate.ExportCertificatePem() + "\n";
        }

        private byte[] Token(byte[] bytes, Issued authority)
        {
            var info = new Rfc3161TimestampTokenInfo(
                new Oid("1.2.3.4.1"), new Oid(Sha256), SHA256.HashData(bytes), new byte[] { 7 }, DateTimeOffset.UtcNow.AddDays(Day));
            var cms = new SignedCms(new ContentInfo(new Oid(TokenInfo), info.Encode()));
            using var pair = authority.Key is RSA rsa
                ? authority.Certificate.CopyWithPrivateKey(rsa)
                : authority.Certificate.CopyWithPrivateKey((ECDsa)authority.Key);
            var signer = new CmsSigner(pair) { DigestAlgorithm = new Oid(Sha256), IncludeOption = X509IncludeOption.EndCertOnly };
            if ((NamedHash ?? SHA256.HashData(pair.RawData)) is { Length: > 0 } named)
            {
                var writer = new AsnWriter(AsnEncodingRules.DER);
                using (writer.PushSequence())
                using (writer.PushSequence())
                using (writer.PushSequence())
                {
                    writer.WriteOctetString(named);
                }

                signer.SignedAttributes.Add(new AsnEncodedData(new Oid(SigningCertificate), writer.Encode()));
            }

            cms.ComputeSignature(signer);
            var token = cms.Encode();
            Break(token);
            return token;
        }
    }
}
