using System.Buffers.Binary;
using System.Text.Json.Nodes;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>Files that c2pa-rs signed, and files that somebody changed: judged here as c2pa-rs judges them.</summary>
public sealed class ReadingTests : IDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-c2pa-");

    public static TheoryData<ImageFormat, int> Versions =>
        new MatrixTheoryData<ImageFormat, int>(TestFiles.Formats, [1, 2]);

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_file_of_c2pa_rs_is_trusted(ImageFormat format, int claimVersion)
    {
        Peer.Require();

        var report = Verifier().Verify(RustFile.Sign(_directory, format, claimVersion, withPlaceAndThumbnail: true));

        Assert.Equal(ValidationState.Trusted, report.State);
        Assert.Equal(claimVersion, report.Manifest!.ClaimVersion);
        Assert.StartsWith("Camera 1", report.Manifest.Generator, StringComparison.Ordinal);
        Assert.EndsWith("digitalCapture", Assert.Single(report.Manifest.DigitalSourceTypes), StringComparison.Ordinal);
        Assert.True(report.Manifest.Signer!.IsDevelopment);
    }

    [Theory]
    [InlineData(SigningAlgorithm.Es384)]
    [InlineData(SigningAlgorithm.Ps256)]
    public void A_file_of_c2pa_rs_is_trusted_whatever_its_algorithm(SigningAlgorithm algorithm)
    {
        Peer.Require();

        var report = Verifier(algorithm).Verify(RustFile.Sign(_directory, ImageFormat.Png, claimVersion: 2, algorithm: algorithm));

        Assert.Equal(ValidationState.Trusted, report.State);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_time_stamp_of_c2pa_rs_is_trusted(int claimVersion)
    {
        Peer.Require();
        using var authority = new TimeStampServer();
        var signed = RustFile.Sign(_directory, ImageFormat.Jpeg, claimVersion, timeStampAuthority: authority.Address);

        var trusted = new ManifestVerifier(TrustList.FromPem(Certificates().RootPem, authority.RootPem)).Verify(signed);
        var untrusted = Verifier().Verify(signed);

        Assert.Contains(StatusCodes.TimeStampTrusted, trusted.Codes);
        Assert.NotNull(trusted.Manifest!.SignedAt);
        Assert.Contains(StatusCodes.TimeStampUntrusted, untrusted.Codes);
        Assert.Equal((ValidationState.Trusted, ValidationState.Trusted), (trusted.State, untrusted.State));
    }

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task Of_a_changed_file_both_say_the_same(ImageFormat format)
    {
        Peer.Require();
        var photo = RustFile.Sign(_directory, ImageFormat.Jpeg, claimVersion: 2);
        var source = new SourceAsset { File = photo, Relationship = SourceRelationship.ParentOf };
        var writer = new ManifestWriter(Signer(), verifier: Verifier());
        var ours = (await writer.SignAsync(TestFiles.Of(format), Definition() with { Source = source }, Cancellation)).ToArray();
        var theirs = RustFile.Sign(_directory, format, claimVersion: 2);
        var first = RustFile.Sign(_directory, format, claimVersion: 1);
        AssertSameJudgement([.. ((byte[][])[ours, theirs, first]).SelectMany((file, index) => Tampering.Everywhere(file, seed: index))], format);
    }

    [Theory]
    [InlineData("es256")]
    [InlineData("es384")]
    [InlineData("es512")]
    [InlineData("ps256")]
    [InlineData("ps384")]
    [InlineData("ps512")]
    [InlineData("ed25519")]
    [InlineData("ed25519", true)]
    public void Every_algorithm_of_c2pa_rs_is_trusted(string algorithm, bool alsoOfRoot = false)
    {
        Peer.Require();
        var signer = SignerFiles.Of(algorithm, alsoOfRoot);
        var signed = RustFile.Sign(_directory, ImageFormat.Jpeg, claimVersion: 2, signer: signer);
        var verifier = new ManifestVerifier(TrustList.FromPem(signer.RootPem));

        var report = verifier.Verify(signed);

        Assert.Equal(ValidationState.Trusted, report.State);
        Assert.Equal("Trusted", Peer.State(Ask(signed, ImageFormat.Jpeg, signer.RootPem)));
        signed[^100] ^= 1;
        Assert.Equal(ValidationState.Invalid, verifier.Verify(signed).State);
    }

    [Fact]
    public void Of_a_changed_file_with_an_Ed25519_signature_both_say_the_same()
    {
        Peer.Require();
        var signer = SignerFiles.Of("ed25519");
        var signed = RustFile.Sign(_directory, ImageFormat.Png, claimVersion: 2, signer: signer);

        AssertSameJudgement([.. Tampering.Everywhere(signed, seed: 8)], ImageFormat.Png, signer.RootPem);
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg, 1)]
    [InlineData(ImageFormat.Jpeg, 2)]
    [InlineData(ImageFormat.Png, 2)]
    public void Compressed_manifests_and_box_hashes_are_judged_alike(ImageFormat format, int claimVersion)
    {
        Peer.Require();
        var core = new JsonObject { ["prefer_compress_manifests"] = true };
        var photo = RustFile.Sign(_directory, format, claimVersion, withPlaceAndThumbnail: true, core: core);
        var child = RustFile.Sign(_directory, format, claimVersion: 2, parent: photo, core: core.DeepClone().AsObject());
        Assert.True(photo.AsSpan().IndexOf("brob"u8) > 0 && child.AsSpan().IndexOf("brob"u8) > 0, "It must be compressed.");

        var report = Verifier().Verify(photo);
        Assert.Equal((ValidationState.Trusted, true), (report.State, report.Codes.Contains(StatusCodes.BoxesHashMatch)));
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(child).State);
        var everywhere = new ByteRange(0, photo.Length);
        AssertSameJudgement(
            [.. Tampering.Anywhere(photo, seed: 5), .. Tampering.Anywhere(photo, everywhere, seed: 6), .. Tampering.Anywhere(child, seed: 7)], format);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(10, true)]
    public void Media_data_under_a_Merkle_tree_is_examined_and_so_are_its_proofs(int maxProofs, bool hasProofs)
    {
        Peer.Require();
        var core = new JsonObject { ["merkle_tree_chunk_size_in_kb"] = 1, ["merkle_tree_max_proofs"] = maxProofs };
        var signed = RustFile.Sign(_directory, ImageFormat.Avif, claimVersion: 2, core: core);
        var media = signed.AsSpan().LastIndexOf("mdat"u8);
        var end = BinaryPrimitives.ReadInt32BigEndian(signed.AsSpan(media - 4)) + media - 4;
        Assert.True(signed.AsSpan().IndexOf("fixedBlockSize"u8) > 0, "It must have a tree.");
        Assert.Equal(hasProofs, signed.AsSpan(end).IndexOf("merkle"u8) > 0);

        Assert.Equal(ValidationState.Trusted, Verifier().Verify(signed).State);
        var changed = Tampering.Anywhere(signed, new ByteRange(media, end - media), seed: 7);
        if (hasProofs)
        {
            changed = changed.Concat(Tampering.Anywhere(signed, new ByteRange(end, signed.Length - end), seed: 8));
        }

        AssertSameJudgement([.. changed], ImageFormat.Avif);
    }

    private JsonObject Ask(byte[] file, ImageFormat format, string trustPem)
    {
        var path = Path.Combine(_directory.FullName, Guid.NewGuid().ToString("n"));
        File.WriteAllBytes(path, file);
        return Peer.Ask([Peer.Read("node", path, format.MediaType())], trustPem)[0];
    }

    private void AssertSameJudgement(List<(string What, byte[] Bytes)> changed, ImageFormat format, string? trustPem = null)
    {
        trustPem ??= Certificates().RootPem;
        var requests = changed.Select(file =>
        {
            var path = Path.Combine(_directory.FullName, Guid.NewGuid().ToString("n"));
            File.WriteAllBytes(path, file.Bytes);
            return Peer.Read("node", path, format.MediaType());
        });
        var answers = Peer.Ask(requests, trustPem);

        var verifier = new ManifestVerifier(TrustList.FromPem(trustPem));
        var differences = changed.Zip(answers)
            .Select(pair => (pair.First, Ours: verifier.Verify(pair.First.Bytes), Theirs: pair.Second))
            .Where(pair => Holds(pair.Ours) != (Peer.State(pair.Theirs) is "Trusted" or "Valid"))
            .Select(pair => $"{pair.First.What}: {pair.Ours.State} ({string.Join(' ', Failed(pair.Ours))}), c2pa-rs {pair.Theirs.ToJsonString()}")
            .ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {changed.Count}: {string.Join("\n", differences.Take(3))}");
        Assert.True(changed.Count(file => Holds(verifier.Verify(file.Bytes))) < changed.Count / 10, "Most changes must be found.");
    }

    private static bool Holds(ValidationReport report) =>
        report.State is ValidationState.Trusted or ValidationState.Untrusted or ValidationState.Valid;

    private static IEnumerable<string> Failed(ValidationReport report) =>
        report.Statuses.Where(status => status.Kind == StatusKind.Failure).Select(status => status.Code + " " + status.Explanation);
}
