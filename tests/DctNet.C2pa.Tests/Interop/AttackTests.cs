using System.Buffers.Binary;
using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>Files that somebody built to be believed: judged here, and by c2pa-rs.</summary>
public sealed class AttackTests : IDisposable
{
    private const string NoteLabel = "org.example.note";
    private const string OldIngredient = "c2pa.ingredient.v2";

    /// <summary>Nothing that counts is changed, or the signer himself said so.</summary>
    private static readonly string[] s_harmless =
    [
        "whole", "whole with another assertion", "stamped badly", "hole with a text", "hole with a private chunk", "empty databoxes",
        "bystander", "superbox behind", "twice referred", "gathered binding", "signature relative",
        "excludes a pixel", "excludes before", "excludes more in one",
        "avif", "avif without room", "excludes the media data", "excludes some media data", "excludes the boxes that say where it is",
        "ingredient", "ingredient redacted", "ingredient redacted without an action", "v2 ingredient",
    ];

    /// <summary>What the c2pa-rs of c2pa-node 0.8.0 lets pass though the specification does not.</summary>
    private static readonly string[] s_stricter =
        ["claim named v1", "two stores first", "signature first", "exclusions overlap", "ingredient not redacted"];

    private static readonly byte[] s_note = Note("seen");

    private static readonly byte[] s_emptyCbor = [0xA0];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-c2pa-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Boxes_that_nobody_signed_and_changed_claims()
    {
        var label = $"urn:c2pa:{Guid.NewGuid()}";
        var url = JumbfUri.ToAssertion(label, NoteLabel);
        var free = JumbfWriter.Box(0x66726565, [new byte[8]]);
        var unknown = JumbfWriter.Cbor(0x63623634, "org.example", s_emptyCbor);
        var assertions = JumbfWriter.Superbox(BoxTypes.AssertionStore, Labels.AssertionStore, [s_note]);
        var signature = JumbfWriter.Cbor(BoxTypes.Signature, Labels.Signature, s_emptyCbor);
        var data = JumbfWriter.Cbor(BoxTypes.Cbor, "c2pa.data", s_emptyCbor);
        var redactor = new Forgery { Redacted = [url] }.Manifest();
        Compare(new()
        {
            ["whole"] = new(),
            ["whole with another assertion"] = new() { Assertions = [s_note] },
            ["removed"] = new() { Assertions = [s_note], Removed = [NoteLabel] },
            ["redacted by a bystander"] = new() { Label = label, Assertions = [s_note], Removed = [NoteLabel], StoreBefore = [redactor] },
            ["redacts itself"] = new() { Label = label, Assertions = [s_note], Redacted = [url] },
            ["redacts itself and gone"] = new() { Label = label, Assertions = [s_note], Redacted = [url], Removed = [NoteLabel] },
            ["bystander"] = new() { StoreBefore = [new Forgery().Manifest()] },
            ["behind"] = new() { StoreAfter = [new Forgery().Manifest()] },
            ["plain box behind"] = new() { StoreAfter = [free] },
            ["superbox behind"] = new() { StoreAfter = [unknown] },
            ["plain box in the manifest"] = new() { ManifestAfter = [free] },
            ["plain box among the assertions"] = new() { HiddenAfter = [free] },
            ["unknown box in the manifest"] = new() { ManifestAfter = [unknown] },
            ["two stores of assertions"] = new() { ManifestAfter = [assertions] },
            ["two stores first"] = new() { ManifestBefore = [assertions] },
            ["duplicate behind"] = new() { Assertions = [s_note], HiddenAfter = [Note("other")] },
            ["duplicate before"] = new() { Assertions = [s_note], HiddenBefore = [Note("other")] },
            ["same duplicate"] = new() { Assertions = [s_note], HiddenBefore = [s_note] },
            ["undeclared"] = new() { HiddenAfter = [s_note] },
            ["second claim"] = new() { ManifestAfter = [JumbfWriter.Cbor(BoxTypes.Claim, Labels.ClaimV2, s_emptyCbor)] },
            ["second claim v1"] = new() { ManifestAfter = [JumbfWriter.Cbor(BoxTypes.Claim, Labels.ClaimV1, s_emptyCbor)] },
            ["second signature"] = new() { ManifestAfter = [signature] },
            ["signature first"] = new() { ManifestBefore = [signature] },
            ["empty databoxes"] = new() { ManifestAfter = [JumbfWriter.Superbox(BoxTypes.DataStore, "c2pa.databoxes", [])] },
            ["broken databoxes"] = new() { ManifestAfter = [JumbfWriter.Superbox(BoxTypes.DataStore, "c2pa.databoxes", [data])] },
            ["credentials"] = new() { ManifestAfter = [JumbfWriter.Superbox(BoxTypes.CredentialStore, "c2pa.credentials", [])] },
            ["more in the claim"] = new() { Claim = box => Renamed(box, Labels.ClaimV2, JumbfWriter.Box(BoxTypes.Cbor, [s_emptyCbor])) },
            ["claim named v1"] = new() { Claim = box => Renamed(box, Labels.ClaimV1) },
            ["claim named v3"] = new() { Claim = box => Renamed(box, "c2pa.claim.v3") },
            ["claim numbered"] = new() { Claim = box => Renamed(box, "c2pa.claim.v2__1") },
            ["twice referred"] = new() { RefersTwice = true },
            ["gathered binding"] = new() { GathersHardBinding = true },
            ["no binding"] = new() { HardBindings = 0 },
            ["two bindings"] = new() { HardBindings = 2 },
            ["no actions"] = new() { Actions = s_note },
            ["signature of another"] = new() { SignatureUrl = JumbfUri.ToSignature("urn:c2pa:x") },
            ["signature relative"] = new() { SignatureUrl = "self#jumbf=c2pa.signature" },
            ["no algorithm"] = new() { NamesAlgorithm = false },
            ["sha1"] = new() { Algorithm = "sha1" },
        });
    }

    [Fact]
    public void Exclusions()
    {
        Compare(new()
        {
            ["excludes a pixel"] = new() { Exclusions = hole => [hole, new ByteRange(hole.End + 200, 8)] },
            ["excludes before"] = new() { Exclusions = hole => [new ByteRange(16, 4), hole] },
            ["excludes more in one"] = new() { Exclusions = hole => [new ByteRange(hole.Start, hole.Length + 50)] },
            ["exclusions unordered"] = new() { Exclusions = hole => [new ByteRange(hole.End + 50, 8), hole] },
            ["exclusions overlap"] = new() { Exclusions = hole => [hole, new ByteRange(hole.End - 8, 16)] },
            ["excludes beyond"] = new() { Exclusions = hole => [new ByteRange(hole.Start, 10_000_000)] },
            ["excludes all"] = new() { Exclusions = _ => [new ByteRange(0, 100_000)] },
        });

        // By boxes: what no pixel comes from may be left out without a word.
        CompareFiles(
            new Dictionary<string, Forgery>
            {
                ["avif"] = new() { LeftOutBoxes = ["ftyp", "mfra"] },
                ["avif without room"] = new() { LeftOutBoxes = ["ftyp", "free", "skip"] },
                ["excludes the media data"] = new() { LeftOutBoxes = ["ftyp", "mdat"] },
                ["excludes some media data"] = new() { LeftOutBoxes = ["ftyp", "mdat 8"] },
                ["excludes the boxes that say where it is"] = new() { LeftOutBoxes = ["ftyp", "meta"] },
            }.ToDictionary(forgery => forgery.Key, forgery => forgery.Value.File()),
            ImageFormat.Avif);

        // The padding behind a time-stamp is signed by nobody: without it there is room for a chunk of the attacker's.
        var stamped = new Forgery { Stamp = _ => new byte[6000] }.File();
        CompareFiles(new() { ["stamped badly"] = stamped, ["hole with a text"] = Hole(stamped, "tEXt"u8), ["hole with a private chunk"] = Hole(stamped, "prVt"u8) });
    }

    [Fact]
    public void Ingredients()
    {
        var other = new Forgery();
        var (child, withNote) = (other.Manifest(), (other with { Assertions = [s_note] }).Manifest());
        var stripped = (other with { Assertions = [s_note], Removed = [NoteLabel] }).Manifest();
        var note = JumbfUri.ToAssertion(other.Label, NoteLabel);
        var elsewhere = JumbfUri.ToAssertion(other.Label, "org.example.other");
        var update = $"urn:c2pa:{Guid.NewGuid()}";
        var redactor = new Forgery { Redacted = [JumbfUri.ToAssertion(update, NoteLabel)] }.Manifest();
        var (current, old) = (Ingredient(Labels.Ingredient, child), Ingredient(OldIngredient, withNote));
        Compare(new()
        {
            ["ingredient"] = new() { Assertions = [current], StoreBefore = [child] },
            ["ingredient changed"] = new() { Assertions = [current], StoreBefore = [withNote] },
            ["ingredient without results"] = new() { Assertions = [Ingredient(Labels.Ingredient, child, hasResults: false)], StoreBefore = [child] },
            ["ingredient missing"] = new() { Assertions = [current] },
            ["ingredient lost an assertion"] = new() { Assertions = [Ingredient(Labels.Ingredient, withNote)], StoreBefore = [stripped] },
            ["ingredient redacted"] = new()
            {
                Redacted = [note], Actions = RedactedActions(note), Assertions = [Ingredient(Labels.Ingredient, stripped)], StoreBefore = [stripped],
            },
            ["ingredient redacted without an action"] = new()
            {
                Redacted = [note], Assertions = [Ingredient(Labels.Ingredient, stripped)], StoreBefore = [stripped],
            },
            ["ingredient not redacted"] = new()
            {
                Redacted = [note], Assertions = [Ingredient(Labels.Ingredient, withNote)], StoreBefore = [withNote],
            },
            ["ingredient redacted by a bystander"] = new()
            {
                Assertions = [Ingredient(Labels.Ingredient, stripped)], StoreBefore = [new Forgery { Redacted = [note] }.Manifest(), stripped],
            },
            ["v2 ingredient"] = new() { Assertions = [Ingredient(OldIngredient, child)], StoreBefore = [child] },
            ["v2 ingredient replaced, redacted by a bystander"] = new()
            {
                Assertions = [old], StoreBefore = [new Forgery { Redacted = [elsewhere] }.Manifest(), child],
            },
            ["v2 ingredient replaced, redacted"] = new() { Redacted = [elsewhere], Assertions = [old], StoreBefore = [child] },
            ["two parents"] = new()
            {
                Assertions = [Ingredient(Labels.Ingredient, null, "parentOf"), Ingredient(Labels.Ingredient + "__1", null, "parentOf")],
            },
            ["update without parent"] = new() { ContentType = BoxTypes.UpdateManifest, HardBindings = 0 },
            ["update of itself"] = new()
            {
                Label = update,
                ContentType = BoxTypes.UpdateManifest,
                HardBindings = 0,
                Assertions = [Ingredient("c2pa.ingredient", (other with { Label = update }).Manifest(), "parentOf")],
                StoreBefore = [redactor],
            },
            ["actions of the ingredient redacted"] = new()
            {
                Redacted = [JumbfUri.ToAssertion(other.Label, Labels.Actions)],
                Assertions = [current],
                StoreBefore = [(other with { Removed = [Labels.Actions] }).Manifest()],
            },
            ["hash of the ingredient redacted"] = new()
            {
                Redacted = [JumbfUri.ToAssertion(other.Label, Labels.DataHash)],
                Assertions = [current],
                StoreBefore = [(other with { Removed = [Labels.DataHash] }).Manifest()],
            },
        });
    }

    private static byte[] Note(string text) => Forgery.Cbor(NoteLabel, map => map.Text("note", text));

    private static byte[] Renamed(byte[] box, string label, params byte[][] more) =>
        JumbfWriter.Superbox(BoxTypes.Claim, label, [.. JumbfBox.Parse(box).Children.Select(child => child.Bytes), .. more]);

    private static byte[] Ingredient(string label, byte[]? manifest, string relationship = "componentOf", bool hasResults = true) => Forgery.Cbor(label, map =>
    {
        map.Text("relationship", relationship);
        map.Text("dc:format", "image/png");
        map.Text("dc:title", "a part");
        map.Text("instanceID", "xmp:iid:2");
        if (manifest is null)
        {
            return;
        }

        var isCurrent = Labels.Kind(label) == Labels.Ingredient;
        var box = JumbfBox.Parse(manifest);
        map.WriteTextString(isCurrent ? "activeManifest" : "c2pa_manifest");
        map.HashedUri(new HashedUri(JumbfUri.ToManifest(box.Label), box.Hash(HashAlgorithmName.SHA256)));
        if (isCurrent)
        {
            map.WriteTextString("claimSignature");
            map.HashedUri(new HashedUri(JumbfUri.ToSignature(box.Label), box.Child(Labels.Signature)!.Hash(HashAlgorithmName.SHA256)));
            if (hasResults)
            {
                map.Map("validationResults", results => results.Map("activeManifest", active =>
                {
                    foreach (var kind in (string[])["success", "informational", "failure"])
                    {
                        active.Array(kind, Array.Empty<string>(), (array, code) => array.WriteTextString(code));
                    }
                }));
            }
        }
    });

    private static byte[] RedactedActions(string uri) => Forgery.Cbor(
        Labels.Actions, map => map.Array("actions", ["c2pa.created", "c2pa.redacted"], (array, name) => array.Map(action =>
        {
            action.Text("action", name);
            if (name == "c2pa.created")
            {
                action.Text("digitalSourceType", SourceType);
                return;
            }

            action.Text("reason", "c2pa.PII.present");
            action.Map("parameters", parameters => parameters.Text("redacted", uri));
        })));

    /// <summary>The same file with a chunk in the place of the padding.</summary>
    private static byte[] Hole(byte[] file, ReadOnlySpan<byte> chunkType)
    {
        var container = AssetContainer.Recognize(file)!;
        var (store, range) = container.Find(file)!;
        var manifest = JumbfBox.Parse(store).Children[^1];
        var cose = CoseSignature.Parse(manifest.Child(Labels.Signature)!.Content(BoxTypes.Cbor)!.Payload);
        var signature = JumbfWriter.Cbor(BoxTypes.Signature, Labels.Signature, CoseSignature.Encode(cose.Protected.Span, cose.Signature.Span));
        var shorter = JumbfWriter.Superbox(BoxTypes.Manifest, manifest.Label, [.. manifest.Children.Take(2).Select(child => child.Bytes), signature]);
        var frame = container.Frame(JumbfWriter.Superbox(BoxTypes.Store, Labels.Store, [shorter]));
        var chunk = new byte[range.Length - frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, chunk.Length - 12);
        chunkType.CopyTo(chunk.AsSpan(4));
        return [.. file[..(int)range.Start], .. frame, .. chunk, .. file[(int)range.End..]];
    }

    private void Compare(Dictionary<string, Forgery> forgeries) =>
        CompareFiles(forgeries.ToDictionary(forgery => forgery.Key, forgery => forgery.Value.File()));

    private void CompareFiles(Dictionary<string, byte[]> files, ImageFormat format = ImageFormat.Png)
    {
        Peer.Require();
        var answers = Peer.Ask(files.Select(file => Peer.Read("node", Save(file.Value), format.MediaType())), Certificates().RootPem);
        foreach (var ((name, file), answer) in files.Zip(answers))
        {
            var ours = Verifier().Verify(file);
            var (harmless, stricter) = (s_harmless.Contains(name), s_stricter.Contains(name));
            Assert.True(
                ours.State == ValidationState.Trusted == harmless && Peer.State(answer) == "Trusted" == (harmless || stricter)
                    && (harmless || ours.State is ValidationState.Invalid or ValidationState.Unsupported),
                $"{name}: {ours.State} ({string.Join(' ', ours.Codes)}), c2pa-rs {answer.ToJsonString()}");

            // Valid by C2PA, but no proof of the whole picture.
            var leavesOut = name.StartsWith("excludes", StringComparison.Ordinal) || name.StartsWith("hole", StringComparison.Ordinal);
            Assert.True(!harmless || ours.LeavesBytesOut == leavesOut, $"{name}: {ours.LeavesBytesOut}");
        }
    }

    private string Save(byte[] file)
    {
        var path = Path.Combine(_directory.FullName, Guid.NewGuid().ToString("n"));
        File.WriteAllBytes(path, file);
        return path;
    }
}
