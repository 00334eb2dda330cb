using System.Security.Cryptography;
using DctNet.C2pa.Verification;
using DctNet.Core.Pipeline;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

/// <summary>Who learns what from the ledger, and what the layers say together.</summary>
public class LedgerFindingTests
{
    private static readonly byte[] s_file = [1, 2, 3];

    private static readonly LedgerRecord s_record = new()
    {
        WatermarkId = new WatermarkId(7),
        KeyId = "0123abcd",
        CreatedAt = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero),
        Style = "anime",
        Model = "cartoon 1",
        OutputSha256 = SHA256.HashData(s_file),
        Manifest = new byte[] { 9 },
        Tenant = "ana",
    };

    [Fact]
    public void The_tenant_sees_the_whole_record_and_a_stranger_that_it_exists_and_when()
    {
        var own = LedgerFinding.From([s_record], s_file, NotAsked, "ana", publicManifests: false);
        var strange = LedgerFinding.From([s_record], s_file, NotAsked, "eve", publicManifests: false);

        Assert.Equal(new LedgerFinding(LedgerState.Found, ContentMatch.Matches, s_record.CreatedAt, s_record, s_record.Manifest), own);
        Assert.Equal(new LedgerFinding(LedgerState.Found, ContentMatch.Matches, s_record.CreatedAt), strange);
        Assert.Equal(s_record.Manifest, LedgerFinding.From([s_record], s_file, NotAsked, "eve", publicManifests: true).Manifest);
    }

    [Fact]
    public void The_file_that_was_given_out_is_found_among_those_of_its_retries()
    {
        var newer = s_record with { OutputSha256 = SHA256.HashData([4]), Style = "newer" };

        Assert.Equal("anime", LedgerFinding.From([newer, s_record], s_file, NotAsked, "ana", false).Own?.Style);
        var other = LedgerFinding.From([newer, s_record], [5], record => record.Style == "newer" ? ContentMatch.Differs : ContentMatch.Matches, "ana", false);
        Assert.Equal((ContentMatch.Differs, "newer"), (other.Content, other.Own?.Style));
    }

    /// <summary>The file itself needs no comparison by looks.</summary>
    private static ContentMatch NotAsked(LedgerRecord record) => throw new InvalidOperationException("Compared by looks.");

    [Theory]
    [InlineData(true, LedgerState.Found, ContentMatch.Matches, true, Verdict.Verified, "is the one on record")]
    [InlineData(true, LedgerState.Found, ContentMatch.Matches, false, Verdict.Verified, "is the one on record")]
    [InlineData(true, LedgerState.Found, ContentMatch.Differs, true, Verdict.Claimed, "may have been copied")]
    [InlineData(true, LedgerState.Found, ContentMatch.Unknown, false, Verdict.Claimed, "nothing to compare")]
    [InlineData(true, LedgerState.NotFound, ContentMatch.Unknown, false, Verdict.Claimed, "no record")]
    [InlineData(true, LedgerState.NotKept, ContentMatch.Unknown, false, Verdict.Claimed, "no ledger is kept")]
    [InlineData(true, LedgerState.Unavailable, ContentMatch.Unknown, false, Verdict.Claimed, "could not be read")]
    [InlineData(false, LedgerState.NotAsked, ContentMatch.Unknown, true, Verdict.Claimed, "without proof")]
    [InlineData(false, LedgerState.NotAsked, ContentMatch.Unknown, false, Verdict.None, "does not mean")]
    public void Only_a_mark_in_the_picture_that_it_was_made_for_verifies(
        bool marked, LedgerState state, ContentMatch content, bool claims, Verdict verdict, string sentence)
    {
        var labels = new LabelReport { DigitalSourceType = claims ? DigitalSourceTypes.TrainedAlgorithmicMedia : null };
        var mark = new DetectResult(marked ? new WatermarkId(7) : null, marked ? "0123abcd" : null, DetectPath.Direct, null, 1, 8, 7.3e-12);

        var report = new VerificationReport(ValidationReport.Absent, labels, mark, new LedgerFinding(state, content));

        Assert.Equal(verdict, report.Verdict);
        Assert.Contains(sentence, report.Summary, StringComparison.Ordinal);
        Assert.EndsWith(".", report.Summary, StringComparison.Ordinal);
        Assert.Equal(1, report.Summary.Count(character => character == '.'));
    }

    [Theory]
    [InlineData(false, Verdict.Verified, "says that the picture is AI-generated.")]
    [InlineData(true, Verdict.Claimed, "leaves parts of the file out")]
    public void A_trusted_credential_verifies_if_it_covers_the_whole_file(bool leavesOut, Verdict verdict, string sentence)
    {
        string[] codes = leavesOut ? [StatusCodes.DataHashAdditionalExclusions, StatusCodes.DataHashMatch] : [StatusCodes.DataHashMatch];
        var manifest = new ManifestSummary
        {
            Label = "urn:c2pa:1",
            ClaimVersion = 2,
            DigitalSourceTypes = [DigitalSourceTypes.TrainedAlgorithmicMedia],
            Signer = new SignerSummary("Ana", "Camera works", "Root", IsDevelopment: false),
        };
        var credential = new ValidationReport(
            ValidationState.Trusted, [.. codes.Select(code => new ValidationStatus(code, StatusKind.Success, ""))], manifest);
        var mark = new DetectResult(null, null, DetectPath.Direct, null, 1, 8, 0);

        var report = new VerificationReport(credential, new LabelReport(), mark, new LedgerFinding(LedgerState.NotAsked));

        Assert.Equal(verdict, report.Verdict);
        Assert.Contains(sentence, report.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ValidationState.Invalid, ContentMatch.Matches, Verdict.Verified, "the one on record; the file's content credential does not hold")]
    [InlineData(ValidationState.Invalid, ContentMatch.Differs, Verdict.Claimed, "another picture; the file's content credential does not hold")]
    [InlineData(ValidationState.Invalid, ContentMatch.Unknown, Verdict.Claimed, "another picture; the file's content credential does not hold")]
    [InlineData(ValidationState.Untrusted, ContentMatch.Matches, Verdict.Verified, "signed by Camera works, who is not on the trust list.")]
    [InlineData(ValidationState.Valid, ContentMatch.Matches, Verdict.Verified, "there is no trust list to judge the signer by.")]
    [InlineData(ValidationState.Unsupported, ContentMatch.Matches, Verdict.Verified, "in a way that is not examined here.")]
    [InlineData(ValidationState.Absent, ContentMatch.Matches, Verdict.Verified, "is the one on record.")]
    [InlineData(ValidationState.Trusted, ContentMatch.Matches, Verdict.Verified, "AI-generated, and this service's watermark 0000000000000007 was found.")]
    [InlineData(ValidationState.Trusted, ContentMatch.Differs, Verdict.Verified, "was found too, but the picture is not the one on record.")]
    public void The_sentence_on_a_mark_tells_of_the_credential_beside_it(ValidationState state, ContentMatch content, Verdict verdict, string sentence)
    {
        var manifest = new ManifestSummary
        {
            Label = "urn:c2pa:1",
            ClaimVersion = 2,
            DigitalSourceTypes = [DigitalSourceTypes.TrainedAlgorithmicMedia],
            Signer = new SignerSummary("Ana", "Camera works", "Root", IsDevelopment: false),
        };
        var credential = state == ValidationState.Absent ? ValidationReport.Absent : new ValidationReport(state, [], manifest);
        var mark = new DetectResult(new WatermarkId(7), "0123abcd", DetectPath.Direct, null, 1, 8, 7.3e-12);

        var report = new VerificationReport(credential, new LabelReport(), mark, new LedgerFinding(LedgerState.Found, content, s_record.CreatedAt));

        Assert.Equal(verdict, report.Verdict);
        Assert.Contains(sentence, report.Summary, StringComparison.Ordinal);
        Assert.Equal(1, report.Summary.Count(character => character == '.'));
    }

    [Fact]
    public void A_credential_that_says_nothing_of_AI_does_not_hide_a_label_that_does()
    {
        var manifest = new ManifestSummary
        {
            Label = "urn:c2pa:1",
            ClaimVersion = 2,
            DigitalSourceTypes = [DigitalSourceTypes.Prefix + "digitalCapture"],
            Signer = new SignerSummary("Eve", "Camera works", "Root", IsDevelopment: false),
        };
        var nothing = new DetectResult(null, null, DetectPath.Direct, null, 1, 8, 0);
        var labels = new LabelReport { DigitalSourceType = DigitalSourceTypes.TrainedAlgorithmicMedia };

        var report = new VerificationReport(
            new ValidationReport(ValidationState.Untrusted, [], manifest), labels, nothing, new LedgerFinding(LedgerState.NotAsked));

        Assert.Equal(Verdict.Claimed, report.Verdict);
        Assert.Contains("says of itself that it is AI-generated", report.Summary, StringComparison.Ordinal);
        Assert.Contains("Camera works, who is not on the trust list", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_credential_is_told_of_where_nothing_else_is_found()
    {
        var nothing = new DetectResult(null, null, DetectPath.Direct, null, 1, 8, 0);
        var broken = new ValidationReport(ValidationState.Invalid, [], null);

        var report = new VerificationReport(broken, new LabelReport(), nothing, new LedgerFinding(LedgerState.NotAsked));

        Assert.Equal(Verdict.None, report.Verdict);
        Assert.Contains("does not mean", report.Summary, StringComparison.Ordinal);
        Assert.Contains("does not hold", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_ledger_is_kept_nothing_is_found_and_nobody_takes_it_for_an_answer()
    {
        Assert.Null(await NullLedger.Instance.RecordAsync(s_record, TestContext.Current.CancellationToken));
        var found = await NullLedger.Instance.FindAsync("0123abcd", new WatermarkId(7), TestContext.Current.CancellationToken);

        Assert.True(found.TryGet(out var records, out _));
        Assert.Empty(records);
        Assert.False(NullLedger.Instance.IsKept);
    }

    [Theory]
    [InlineData("none", ComplianceProfiles.None)]
    [InlineData("cn", ComplianceProfiles.China)]
    [InlineData("US, eu", ComplianceProfiles.UnitedStates | ComplianceProfiles.EuropeanUnion)]
    [InlineData("none,cn", null)]
    [InlineData("", null)]
    [InlineData("uk", null)]
    public void Profiles_are_read_by_name(string text, ComplianceProfiles? expected) =>
        Assert.Equal(expected, ComplianceProfile.Parse(text).TryGet(out var profiles, out _) ? profiles : null);
}
