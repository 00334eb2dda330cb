using System.IO.Compression;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Internal.Validation;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Tests.Interop;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>
/// Hostile files: changed by a seeded mutator, through the verifier and every parser below it. Nothing may be thrown but what a parser
/// declares, nothing may take much memory, and all must come to an end.
/// </summary>
public sealed class MutationTests
{
    private const long MaxBytesAFile = 16 << 20;

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task No_file_makes_the_verifier_throw_or_swell(ImageFormat format)
    {
        var photo = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(ImageFormat.Jpeg), Definition(), TestContext.Current.CancellationToken);
        var source = new SourceAsset { File = photo.ToArray(), Relationship = SourceRelationship.ParentOf };
        var signed = await new ManifestWriter(Signer()).SignAsync(
            TestFiles.Of(format), Definition() with { Source = source }, TestContext.Current.CancellationToken);
        var (file, verifier) = (signed.ToArray(), Verifier());
        var location = AssetContainer.Recognize(file)!.Find(file)!;
        Assert.Equal(ValidationState.Trusted, verifier.Verify(file).State);
        var survived = 0;
        for (var seed = 0; seed < Mutator.Count / TestFiles.Formats.Length; seed++)
        {
            var mutant = Mutator.Mutate(file, (int)location.Range.Start..(int)location.Range.End, seed);
            var allocated = GC.GetAllocatedBytesForCurrentThread();

            survived += verifier.Verify(mutant).State is ValidationState.Trusted or ValidationState.Untrusted ? 1 : 0;

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MaxBytesAFile, $"Seed {seed} took too much memory.");
        }

        Assert.InRange(survived, 0, Mutator.Count / TestFiles.Formats.Length / 4);
    }

    public static TheoryData<string> Others => ["Ed25519", "Merkle", "boxes", "claim v1"];

    /// <summary>Files of another maker, with what is not written here: each reader must be reached by many changed files.</summary>
    [Theory]
    [MemberData(nameof(Others))]
    public void No_file_of_another_maker_makes_the_verifier_throw_or_swell(string kind)
    {
        Peer.Require();
        var directory = Directory.CreateTempSubdirectory("dctnet-c2pa-");
        byte[] file;
        var signer = kind == "Ed25519" ? SignerFiles.Of("ed25519") : SignerFiles.Of(SigningAlgorithm.Es256);
        try
        {
            file = kind switch
            {
                "Ed25519" => RustFile.Sign(directory, ImageFormat.Jpeg, claimVersion: 2, signer: signer),
                "Merkle" => RustFile.Sign(directory, ImageFormat.Avif, 2, core: new() { ["merkle_tree_chunk_size_in_kb"] = 1, ["merkle_tree_max_proofs"] = 2 }),
                "boxes" => RustFile.Sign(directory, ImageFormat.Png, 2, withPlaceAndThumbnail: true, core: new() { ["prefer_compress_manifests"] = true }),
                _ => RustFile.Sign(directory, ImageFormat.WebP, claimVersion: 1, withPlaceAndThumbnail: true),
            };
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        var store = AssetContainer.Recognize(file)!.Find(file)!.Range;
        var proofs = file.AsSpan().LastIndexOf("mdat"u8);
        string[] outcomes = kind switch
        {
            "Ed25519" => [StatusCodes.SignatureValidated, StatusCodes.SignatureMismatch],
            "Merkle" => [StatusCodes.BmffHashMatch, StatusCodes.BmffHashMismatch],
            "boxes" => [StatusCodes.BoxesHashMatch, StatusCodes.BoxesHashMismatch, StatusCodes.BoxesHashUnknownBox],
            _ => [StatusCodes.AssertionMatch],
        };
        var verifier = new ManifestVerifier(TrustList.FromPem(signer.RootPem));
        Assert.Equal(ValidationState.Trusted, verifier.Verify(file).State);
        var (reached, held) = (0, 0);
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            // Half of them in the store, half behind the media data, where the proofs are, or all over the file.
            var interesting = seed % 2 == 0 ? (int)store.Start..(int)store.End : kind == "Merkle" ? proofs.. : ..;
            var mutant = Mutator.Mutate(file, interesting, seed);
            var allocated = GC.GetAllocatedBytesForCurrentThread();

            var report = verifier.Verify(mutant);

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MaxBytesAFile, $"Seed {seed} took too much memory.");
            reached += outcomes.Intersect(report.Codes).Any() ? 1 : 0;
            held += report.State is ValidationState.Trusted or ValidationState.Untrusted ? 1 : 0;
        }

        TestContext.Current.SendDiagnosticMessage($"{kind}: {reached} of {Mutator.Count} changed files reached the reader, {held} held.");
        Assert.True(reached > Mutator.Count / 5 && held < Mutator.Count / 2, $"{reached} of {Mutator.Count} reached the reader, {held} held.");
    }

    [Fact]
    public void No_key_or_signature_makes_Ed25519_throw()
    {
        // RFC 8032, 7.1, test 2.
        var key = Convert.FromHexString("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        var signature = Convert.FromHexString(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        Assert.True(Ed25519.Verify(key, [0x72], signature));
        var held = 0;
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            // Changed in length too, and in a third of them in the signature alone.
            held += Ed25519.Verify(seed % 3 == 0 ? key : Mutator.Mutate(key, .., seed), [0x72], Mutator.Mutate(signature, .., seed + 1)) ? 1 : 0;
        }

        Assert.InRange(held, 0, Mutator.Count / 10);
    }

    [Fact]
    public async Task No_bytes_make_a_parser_throw_what_it_does_not_declare()
    {
        var signed = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(ImageFormat.Avif), Definition(), TestContext.Current.CancellationToken);
        var store = signed.ManifestStore.ToArray();
        var active = JumbfBox.Parse(store).Children[^1];
        var compressed = Compressed(active.Bytes.Span);
        Assert.Equal(active.Bytes, JumbfBox.Parse(compressed).Children.Single().Bytes);
        var claim = active.ChildrenOf(BoxTypes.Claim).Single().Content(BoxTypes.Cbor)!.Payload.ToArray();
        var cose = active.ChildrenOf(BoxTypes.Signature).Single().Content(BoxTypes.Cbor)!.Payload.ToArray();
        var refused = 0;
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            Try(() => JumbfBox.Parse(Mutator.Mutate(store, .., seed)));
            Try(() => JumbfBox.Parse(Mutator.Mutate(compressed, .., seed)));
            Try(() => CborNode.Parse(Mutator.Mutate(claim, .., seed)));
            Try(() => CoseSignature.Parse(Mutator.Mutate(cose, .., seed)));
        }

        Assert.InRange(refused, Mutator.Count / 4, 4 * Mutator.Count);

        void Try(Action parse)
        {
            try
            {
                parse();
            }
            catch (MalformedException)
            {
                refused++;
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task No_file_makes_a_container_throw_what_it_does_not_declare(ImageFormat format)
    {
        var signed = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(format), Definition(), TestContext.Current.CancellationToken);
        var file = signed.ToArray();
        var container = AssetContainer.Recognize(file)!;
        var (found, refused) = (0, 0);
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            // All over the file: the store itself is for the other tests.
            var mutant = Mutator.Mutate(file, .., seed);
            try
            {
                if (container.Find(mutant) is { } location)
                {
                    found++;
                    var boxes = container.NamedBoxes(mutant, location.Range) ?? [];
                    Assert.All(boxes.Zip(boxes.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
                }

                container.Prepare(mutant, storeLength: 5000);
            }
            catch (MalformedException)
            {
                refused++;
            }
        }

        Assert.True(found > Mutator.Count / 10 && refused > 0, $"{found} found, {refused} refused: the mix is off.");
    }

    [Fact]
    public async Task No_signature_or_time_stamp_makes_its_check_throw()
    {
        using var authority = new TimeStampServer();
        using var http = new HttpClient();
        var writer = new ManifestWriter(Signer(), new TimeStampAuthority(http, authority.Address));
        var signed = await writer.SignAsync(TestFiles.Of(ImageFormat.Png), Definition(), TestContext.Current.CancellationToken);
        var active = JumbfBox.Parse(signed.ManifestStore).Children[^1];
        var claim = active.ChildrenOf(BoxTypes.Claim).Single().Content(BoxTypes.Cbor)!.Payload;
        var cose = active.ChildrenOf(BoxTypes.Signature).Single().Content(BoxTypes.Cbor)!.Payload.ToArray();
        var check = new SignatureCheck(TrustList.FromPem(Certificates().RootPem, authority.RootPem), DateTimeOffset.UtcNow);
        var (whole, seen) = (new StatusLog(), new HashSet<string>());
        check.Check(cose, claim, whole, "");
        Assert.Contains(whole.Statuses, status => status.Code == StatusCodes.TimeStampTrusted);
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            var log = new StatusLog();
            check.Check(Mutator.Mutate(cose, .., seed), claim, log, "");
            seen.UnionWith(log.Statuses.Select(status => status.Code));
        }

        string[] expected =
            [StatusCodes.SignatureMismatch, StatusCodes.SignatureValidated, StatusCodes.TimeStampMalformed, StatusCodes.TimeStampMismatch];
        Assert.Superset(expected.ToHashSet(), seen);
    }

    [Fact]
    public void A_compressed_manifest_that_swells_is_refused()
    {
        var store = Compressed(new byte[200 << 20]);
        Assert.True(store.Length < 1 << 20, "It must be small.");
        var start = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<MalformedException>(() => JumbfBox.Parse(store));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 64 << 20);
    }

    /// <summary>A store of one compressed manifest.</summary>
    private static byte[] Compressed(ReadOnlySpan<byte> manifest)
    {
        var bytes = new byte[BrotliEncoder.GetMaxCompressedLength(manifest.Length)];
        Assert.True(BrotliEncoder.TryCompress(manifest, bytes, out var length, quality: 1, window: 22));
        var inner = JumbfWriter.Superbox(0x6332636D, "urn:c2pa:x", [JumbfWriter.Box(BoxTypes.Brotli, [bytes.AsMemory(0, length)])]);
        return JumbfWriter.Superbox(BoxTypes.Store, "c2pa", [inner]);
    }

    [Fact]
    public void Deep_and_endless_CBOR_is_refused()
    {
        Assert.Throws<MalformedException>(() => CborNode.Parse(Enumerable.Repeat((byte)0x81, 1 << 20).ToArray()));
        Assert.Throws<MalformedException>(() => CborNode.Parse(new byte[] { 0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }));
        Assert.Throws<MalformedException>(() => CborNode.Parse((byte[])[0x9A, 0x00, 0x10, 0x00, 0x00, .. new byte[1 << 20]]));
        Assert.Throws<MalformedException>(() => CborNode.Parse(new byte[] { 0xA2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02 }));
    }

    [Fact]
    public void Deep_JUMBF_is_refused()
    {
        var box = JumbfWriter.Superbox(BoxTypes.Store, "c2pa");
        for (var depth = 0; depth < 2000; depth++)
        {
            box = JumbfWriter.Superbox(BoxTypes.Store, "c2pa", [box]);
        }

        Assert.Throws<MalformedException>(() => JumbfBox.Parse(box));
    }

    [Fact]
    public void The_items_of_all_assertions_together_are_bounded()
    {
        var items = Enumerable.Range(0, 60_000);
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(WithAssertions(2)).State);
        var file = WithAssertions(20);
        var start = GC.GetAllocatedBytesForCurrentThread();

        var report = Verifier().Verify(file);

        Assert.Equal((ValidationState.Invalid, true), (report.State, report.Codes.Contains(StatusCodes.AssertionCborInvalid)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 64 << 20);

        byte[] WithAssertions(int count) => new Forgery
        {
            Assertions =
            [
                .. Enumerable.Range(1, count).Select(i => Forgery.Cbor(
                    $"org.example.note__{i}", map => map.Array("maps", items, (array, _) => array.Map(_ => { })))),
            ],
        }.File();
    }

    [Fact]
    public void Many_references_to_what_is_large_are_judged()
    {
        // Each of them against each redaction, and the whole claim hashed for each, would take a minute of the tests.
        var claim = CborWriting.Encode(writer => writer.Map(map =>
        {
            map.Text("instanceID", "xmp:iid:1");
            map.Text("claim_generator", "Forger");
            map.Text("signature", "none");
            map.Array("created_assertions", ["none"], (array, label) => array.HashedUri(new HashedUri(label, new byte[32])));
            map.Bytes("pad", new byte[6 << 20]);
        }));
        var large = JumbfWriter.Superbox(BoxTypes.Manifest, "urn:c2pa:large", [JumbfWriter.Cbor(BoxTypes.Claim, Labels.ClaimV2, claim)]);
        var other = new Forgery();
        string[] redacted = [.. Enumerable.Range(0, 20_000).Select(i => JumbfUri.ToAssertion(other.Label, $"org.example.{i}"))];
        var file = new Forgery
        {
            StoreBefore = [large, other.Manifest()],
            Redacted = redacted,
            Assertions = [Ingredient(0, other.Label), .. Enumerable.Range(1, 3000).Select(i => Ingredient(i, "urn:c2pa:large"))],
            Actions = Forgery.Cbor(Labels.Actions, map => map.Array("actions", redacted.Take(8000), (array, _) => array.Map(action =>
            {
                action.Text("action", "c2pa.redacted");
                action.Map("parameters", parameters => parameters.Text("redacted", redacted[^1]));
            }))),
        }.File();

        var report = Verifier().Verify(file);

        Assert.Equal((ValidationState.Invalid, true), (report.State, report.Codes.Contains(StatusCodes.AssertionMatch)));

        static byte[] Ingredient(int number, string manifest) => Forgery.Cbor($"c2pa.ingredient.v2__{number}", map =>
        {
            map.Text("relationship", "componentOf");
            map.WriteTextString("c2pa_manifest");
            map.HashedUri(new HashedUri(JumbfUri.ToManifest(manifest), new byte[32]));
        });
    }

    [Fact]
    public void A_long_label_is_refused()
    {
        Assert.Equal(1024, JumbfBox.Parse(JumbfWriter.Superbox(BoxTypes.Store, new string('a', 1024))).Label.Length);
        Assert.Throws<MalformedException>(() => JumbfBox.Parse(JumbfWriter.Superbox(BoxTypes.Store, new string('a', 1025))));
    }
}
