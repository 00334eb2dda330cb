using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Validation;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>Files of other makers, and hostile ones, by the letter of C2PA.</summary>
public sealed class RulesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_hash_of_boxes_of_version_1_is_not_counted_on()
    {
        var forgery = new Forgery { LeftOutBoxes = ["ftyp", "mfra"] };
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(forgery.File()).State);

        var old = (forgery with { BoxesLabel = "c2pa.hash.bmff" }).File();

        Assert.Equal((ValidationState.Unsupported, StatusCodes.AlgorithmUnsupported), Judgement(old, StatusCodes.AlgorithmUnsupported));
    }

    [Fact]
    public void Hashes_of_parts_stand_beside_that_of_the_whole_file_and_not_for_it()
    {
        var (part, second, list) = (Note("c2pa.hash.data.part"), Note("c2pa.hash.data.part__1"), Note(Labels.MultiAssetHash));
        var whole = new Forgery { Assertions = [part, second, list] }.File();
        var changed = (byte[])whole.Clone();
        changed[^20] ^= 1;

        Assert.Equal((ValidationState.Trusted, StatusCodes.DataHashMatch), Judgement(whole, StatusCodes.DataHashMatch));
        Assert.Equal((ValidationState.Invalid, StatusCodes.DataHashMismatch), Judgement(changed, StatusCodes.DataHashMismatch));
        Assert.Equal(
            (ValidationState.Unsupported, StatusCodes.AlgorithmUnsupported),
            Judgement(new Forgery { HardBindings = 0, Assertions = [part, second, list] }.File(), StatusCodes.AlgorithmUnsupported));
        Assert.Equal(
            (ValidationState.Invalid, StatusCodes.HardBindingsMissing),
            Judgement(new Forgery { HardBindings = 0, Assertions = [part, second] }.File(), StatusCodes.HardBindingsMissing));
        Assert.Equal(
            (ValidationState.Invalid, StatusCodes.AssertionMultipleHardBindings),
            Judgement(new Forgery { HardBindings = 2, Assertions = [part, list] }.File(), StatusCodes.AssertionMultipleHardBindings));
    }

    [Fact]
    public async Task A_source_is_signed_whatever_stands_beside_its_signature()
    {
        var photo = new Forgery { Assertions = [Thumbnail], SignatureAfter = [JumbfWriter.Box(BoxTypes.Brotli, [new byte[8]])] }.File();
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(photo).State);

        var signed = await SignAsync(photo);

        Assert.Equal(ValidationState.Trusted, Verifier().Verify(signed).State);
        Assert.Equal(-1, signed.AsSpan().IndexOf("a face"u8));
    }

    [Theory]
    [InlineData("c2pa.ingredient")]
    [InlineData("c2pa.ingredient.v2")]
    public async Task A_source_with_a_source_of_claims_of_version_1_is_carried_and_redacted(string ingredient)
    {
        var first = new Forgery { ClaimVersion = 1, Assertions = [Thumbnail] }.Manifest();
        var photo = new Forgery { ClaimVersion = 1, Assertions = [Ingredient(ingredient, first)], StoreBefore = [first] }.File();
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(photo).State);

        var signed = await SignAsync(photo);

        Assert.Equal(ValidationState.Trusted, Verifier().Verify(signed).State);
        Assert.Equal(-1, signed.AsSpan().IndexOf("a face"u8));
    }

    [Theory]
    [InlineData(1, 1, true, ValidationState.Trusted)]
    [InlineData(1, 1, false, ValidationState.Invalid)]
    [InlineData(1, 2, true, ValidationState.Invalid)]
    [InlineData(2, 1, true, ValidationState.Invalid)]
    public void A_redacted_manifest_needs_no_reference_to_its_signature_between_claims_of_version_1_alone(
        int version, int versionOfSource, bool declared, ValidationState expected)
    {
        var first = new Forgery { ClaimVersion = versionOfSource, Assertions = [Thumbnail] };
        var second = new Forgery { ClaimVersion = version, Assertions = [Ingredient("c2pa.ingredient.v2", first.Manifest())] }.Manifest();
        var label = Forgery.LabelOf(Thumbnail);
        var report = Verifier().Verify(new Forgery
        {
            StoreBefore = [(first with { Removed = [label] }).Manifest(), second],
            Redacted = declared ? [JumbfUri.ToAssertion(first.Label, label)] : [],
            Assertions = [Ingredient("c2pa.ingredient.v2", second)],
        }.File());

        Assert.Equal((expected, expected == ValidationState.Trusted), (report.State, !report.Statuses.Any(status => status.Kind == StatusKind.Failure)));
    }

    private static byte[] Thumbnail { get; } = Note("c2pa.thumbnail.claim.jpeg");

    private static byte[] Ingredient(string label, byte[] manifest) => Forgery.Cbor(label, map =>
    {
        map.Text("relationship", "parentOf");
        map.Text("dc:format", "image/png");
        map.Text("dc:title", "a part");
        map.Text("instanceID", "xmp:iid:2");
        map.WriteTextString("c2pa_manifest");
        map.HashedUri(new HashedUri(JumbfUri.ToManifest(Forgery.LabelOf(manifest)), JumbfBox.Parse(manifest).Hash(HashAlgorithmName.SHA256)));
    });

    private static byte[] Note(string label) => Forgery.Cbor(label, map => map.Text("note", "a face"));

    /// <summary>The state, and the code if the report has it.</summary>
    private static (ValidationState State, string? Code) Judgement(byte[] file, string code)
    {
        var report = Verifier().Verify(file);
        return (report.State, report.Codes.FirstOrDefault(found => found == code));
    }

    /// <summary>A picture made from this one.</summary>
    private static async Task<byte[]> SignAsync(byte[] photo)
    {
        var source = new SourceAsset { File = photo, Relationship = SourceRelationship.InputTo };
        var signed = await new ManifestWriter(Signer(), verifier: Verifier()).SignAsync(
            TestFiles.Of(ImageFormat.Png), Definition() with { Source = source }, Cancellation);
        Assert.Single(Verifier().Verify(signed.ToArray()).Manifest!.Ingredients, label => label is not null);
        return signed.ToArray();
    }

    [Fact]
    public void Of_a_thousand_outcomes_none_of_another_kind_is_lost()
    {
        var log = new StatusLog();
        for (var i = 0; i < 5000; i++)
        {
            log.Pass(StatusCodes.SignatureValidated, $"{i}");
        }

        log.Note(StatusCodes.DataHashAdditionalExclusions, "");

        Assert.Equal(1001, log.Statuses.Count);
        Assert.True(new ValidationReport(ValidationState.Trusted, log.Statuses, null).LeavesBytesOut);
    }
}
