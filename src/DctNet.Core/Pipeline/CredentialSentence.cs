using DctNet.C2pa.Verification;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>What a content credential says, as a sentence.</summary>
internal static class CredentialSentence
{
    /// <summary>Of a signer on the trust list.</summary>
    public static string Trusted(ManifestSummary manifest, DetectResult watermark, LedgerFinding ledger)
    {
        var mark = (watermark.Found, ledger.Content) switch
        {
            (false, _) => "",
            (_, ContentMatch.Differs) => $"; this service's watermark {watermark.Id} was found too, but the picture is not the one on record",
            _ => $", and this service's watermark {watermark.Id} was found",
        };
        var trust = manifest.Signer?.IsDevelopment == true ? "A content credential that is trusted here alone" : "A trusted content credential";
        return $"{trust}, signed by {Signer(manifest)}, {Says(manifest)}{mark}.";
    }

    /// <summary>Of anybody else, or of one that does not cover the whole file; the reader must not take it for proof.</summary>
    public static string Claim(ManifestSummary manifest, ValidationState state) => state switch
    {
        ValidationState.Invalid =>
            $"The file has a content credential that does not hold: the file was changed after it was signed, or the credential is broken; it {Says(manifest)}, without proof.",
        ValidationState.Unsupported =>
            $"The file has a content credential that is made in a way that is not examined here; it {Says(manifest)}, without proof.",
        ValidationState.Trusted =>
            $"A trusted content credential, signed by {Signer(manifest)}, {Says(manifest)}; but it leaves parts of the file out, which may be anybody's.",
        ValidationState.Untrusted =>
            $"A content credential that is whole, signed by {Signer(manifest)}, who is not on the trust list, {Says(manifest)}, without proof of who says so.",
        _ => $"A content credential that is whole, signed by {Signer(manifest)}, {Says(manifest)}; there is no trust list to judge the signer by.",
    };

    /// <summary>The end of a sentence about another layer: what is to be known of the credential beside it. Empty where there is none.</summary>
    public static string Beside(ValidationReport credential) => credential switch
    {
        { State: ValidationState.Invalid } =>
            "; the file's content credential does not hold: the file was changed after it was signed, or the credential is broken",
        { State: ValidationState.Unsupported } => "; the file's content credential is made in a way that is not examined here",
        { State: ValidationState.Trusted } => "; the file's content credential leaves parts of the file out",
        { State: ValidationState.Untrusted, Manifest: { } manifest } =>
            $"; the file's content credential is whole, signed by {Signer(manifest)}, who is not on the trust list",
        { State: ValidationState.Valid, Manifest: { } manifest } =>
            $"; the file's content credential is whole, signed by {Signer(manifest)}, and there is no trust list to judge the signer by",
        _ => "",
    };

    private static string Says(ManifestSummary manifest) => manifest.DigitalSourceTypes switch
    {
        { } types when types.Any(DigitalSourceTypes.ClaimsGenerativeAi) => "says that the picture is AI-generated",
        [var type, ..] => $"says of the picture's origin: {ForeignText.Plain(type[(type.LastIndexOf('/') + 1)..])}",
        _ => "says nothing of the picture's origin",
    };

    private static string Signer(ManifestSummary manifest)
    {
        var name = manifest.Signer?.Organization ?? manifest.Signer?.CommonName ?? "somebody unnamed";
        return manifest.Signer?.IsDevelopment == true ? $"{name} with a certificate for development only" : name;
    }
}
