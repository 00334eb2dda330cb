using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
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

        var report = Verifier().Verify((forgery with { BoxesLabel = "c2pa.hash.bmff" }).File());

        Assert.Equal((ValidationState.Unsupported, true), (report.State, report.Codes.Contains(StatusCodes.AlgorithmUnsupported)));
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

    private static byte[] Thumbnail { get; } = Forgery.Cbor("c2pa.thumbnail.claim.jpeg", map => map.Text("note", "a face"));

    /// <summary>A picture made from this one.</summary>
    private static async Task<byte[]> SignAsync(byte[] photo)
    {
        var source = new SourceAsset { File = photo, Relationship = SourceRelationship.InputTo };
        var signed = await new ManifestWriter(Signer(), verifier: Verifier()).SignAsync(
            TestFiles.Of(ImageFormat.Png), Definition() with { Source = source }, Cancellation);
        Assert.Single(Verifier().Verify(signed.ToArray()).Manifest!.Ingredients, label => label is not null);
        return signed.ToArray();
    }
}
