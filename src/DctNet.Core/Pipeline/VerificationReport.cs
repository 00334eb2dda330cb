using System.Globalization;
using DctNet.C2pa.Verification;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>Where a picture comes from, layer by layer.</summary>
/// <param name="Credential">The file's content credential (C2PA).</param>
/// <param name="Labels">XMP, IPTC and TC260: claims.</param>
/// <param name="Watermark">This service's invisible mark.</param>
/// <param name="Record">The service's own record of the mark's id, where there is one.</param>
public sealed record VerificationReport(
    ValidationReport Credential, LabelReport Labels, DetectResult Watermark, LedgerRecord? Record)
{
    public Verdict Verdict =>
        Watermark.Found || Credential.State == ValidationState.Trusted ? Verdict.Verified
        : Labels.ClaimsAi || CredentialClaimsAi ? Verdict.Claimed
        : Verdict.None;

    private bool CredentialClaimsAi => Credential.Manifest?.DigitalSourceTypes.Any(DigitalSourceTypes.ClaimsGenerativeAi) ?? false;

    /// <summary>One plain sentence. Absence is never read as "not AI", and a claim never as proof.</summary>
    public string Summary => this switch
    {
        { Credential: { State: ValidationState.Trusted, Manifest: { } manifest } } => CredentialSentence.Trusted(manifest, Watermark),
        { Verdict: Verdict.Verified } => string.Create(
            CultureInfo.InvariantCulture,
            $"Made by this service: its watermark {Watermark.Id} was found, which happens to a picture without it with a probability of at most {Watermark.FalsePositiveBound:0.0e+0}."),
        { Verdict: Verdict.Claimed, Credential: { State: not ValidationState.Absent, Manifest: { } manifest } } =>
            CredentialSentence.Claim(manifest, Credential.State),
        { Verdict: Verdict.Claimed } =>
            $"The file says of itself that it is AI-generated{By(Labels.AiSystemUsed)}, without proof; this service's watermark was not found.",
        _ => "No AI label and none of this service's watermarks was found; that does not mean that the picture is not AI-generated.",
    };

    private static string By(string? system) => system is null ? "" : $" (by {system})";
}
