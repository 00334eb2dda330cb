using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Tests;

/// <summary>One set of development certificates for each algorithm, and what trusts it.</summary>
internal static class TestCredentials
{
    public const string SourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

    private static readonly Dictionary<SigningAlgorithm, DevelopmentCertificates> s_sets =
        Enum.GetValues<SigningAlgorithm>().ToDictionary(algorithm => algorithm, algorithm => DevelopmentCertificates.Create(
            "Test organisation", DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30), algorithm));

    public static DevelopmentCertificates Certificates(SigningAlgorithm algorithm = SigningAlgorithm.Es256) => s_sets[algorithm];

    public static KeySigner Signer(SigningAlgorithm algorithm = SigningAlgorithm.Es256) =>
        KeySigner.FromPem(s_sets[algorithm].ChainPem, s_sets[algorithm].KeyPem);

    public static TrustList Trust(SigningAlgorithm algorithm = SigningAlgorithm.Es256) => TrustList.FromPem(s_sets[algorithm].RootPem);

    public static ManifestVerifier Verifier(SigningAlgorithm algorithm = SigningAlgorithm.Es256) => new(Trust(algorithm));

    public static ManifestDefinition Definition() => new()
    {
        Generator = new GeneratorInfo("Test generator", "1.2.3"),
        DigitalSourceType = SourceType,
        When = new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero),
        SoftBinding = new SoftBinding("org.dctnet.watermark.1", new byte[] { 0, 1, 2, 3, 4, 5, 6, 7 }),
        AiDisclosure = new AiDisclosure("ink 1", HumanOversight.PromptGuided),
    };
}
