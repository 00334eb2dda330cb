using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Signing;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>
/// A manifest as an attacker would build it: whole unless told otherwise, with every rule of the writer open to be broken. The file is a PNG, or
/// an AVIF where <see cref="LeftOutBoxes"/> are named.
/// </summary>
internal sealed record Forgery
{
    /// <summary>A hash over the store itself never comes out right.</summary>
    private const int MaxTries = 8;

    public ISigner Signer { get; init; } = TestCredentials.Signer();

    public string Label { get; init; } = $"urn:c2pa:{Guid.NewGuid()}";

    public uint ContentType { get; init; } = BoxTypes.Manifest;

    public int ClaimVersion { get; init; } = 2;

    /// <summary>Assertion boxes that the claim refers to, beside the hard binding and the actions.</summary>
    public IReadOnlyList<byte[]> Assertions { get; init; } = [];

    /// <summary>In place of one <c>c2pa.created</c>.</summary>
    public byte[]? Actions { get; init; }

    /// <summary>Boxes of the assertion store before those that the claim refers to, and behind them.</summary>
    public IReadOnlyList<byte[]> HiddenBefore { get; init; } = [];

    public IReadOnlyList<byte[]> HiddenAfter { get; init; } = [];

    /// <summary>Labels that the claim refers to and that are not there.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>Boxes of the manifest before the assertion store, and behind the signature.</summary>
    public IReadOnlyList<byte[]> ManifestBefore { get; init; } = [];

    public IReadOnlyList<byte[]> ManifestAfter { get; init; } = [];

    /// <summary>Boxes of the store before the manifest, and behind it.</summary>
    public IReadOnlyList<byte[]> StoreBefore { get; init; } = [];

    public IReadOnlyList<byte[]> StoreAfter { get; init; } = [];

    public IReadOnlyList<string> Redacted { get; init; } = [];

    public int HardBindings { get; init; } = 1;

    /// <summary>Lists the hard binding as gathered, or twice.</summary>
    public bool GathersHardBinding { get; init; }

    public bool RefersTwice { get; init; }

    /// <summary>Hash algorithm of references and of the hard binding, by name; the hashes are of SHA-256 or SHA-1.</summary>
    public string Algorithm { get; init; } = "sha256";

    public bool NamesAlgorithm { get; init; } = true;

    /// <summary>What the hard binding leaves out, from where the store lies; the store alone if this is null.</summary>
    public Func<ByteRange, IReadOnlyList<ByteRange>>? Exclusions { get; init; }

    /// <summary>Types of the boxes of an AVIF that its hash leaves out, beside <c>uuid</c>; "mdat 8" leaves out eight of its bytes alone.</summary>
    public IReadOnlyList<string>? LeftOutBoxes { get; init; }

    public string BoxesLabel { get; init; } = Labels.BmffHash;

    public string? SignatureUrl { get; init; }

    /// <summary>Changes the claim's box after it was signed.</summary>
    public Func<byte[], byte[]> Claim { get; init; } = box => box;

    /// <summary>Boxes behind the signature in its superbox.</summary>
    public IReadOnlyList<byte[]> SignatureAfter { get; init; } = [];

    /// <summary>A time-stamp of what is given, and whether it is in the header of version 2.</summary>
    public Func<byte[], byte[]>? Stamp { get; init; }

    public static byte[] CreatedActions { get; } = Cbor(Labels.Actions, map => map.Array("actions", ["c2pa.created"], (array, name) => array.Map(action =>
    {
        action.Text("action", name);
        action.Text("digitalSourceType", SourceType);
    })));

    public static byte[] Cbor(string label, Action<System.Formats.Cbor.CborWriter> entries) =>
        JumbfWriter.Cbor(BoxTypes.Cbor, label, CborWriting.Encode(writer => writer.Map(entries)));

    public static string LabelOf(byte[] box) => JumbfBox.Parse(box).Label;

    /// <summary>The manifest alone, bound to nothing: an ingredient's, or one that only lies about.</summary>
    public byte[] Manifest() => Manifest([new ByteRange(0, 1)], new byte[32]);

    public byte[] File()
    {
        var picture = TestFiles.Of(LeftOutBoxes is null ? ImageFormat.Png : ImageFormat.Avif);
        var container = AssetContainer.Recognize(picture)!;
        var (hole, hash) = (new ByteRange(40, 5000), new byte[Algorithm == "sha1" ? 20 : 32]);
        for (var tries = 0; ; tries++)
        {
            var exclusions = Exclusions?.Invoke(hole) ?? [hole];
            var store = JumbfWriter.Superbox(BoxTypes.Store, Labels.Store, [.. StoreBefore, Manifest(exclusions, hash), .. StoreAfter]);
            var embedding = container.Prepare(picture, store.Length);
            byte[] file = [.. embedding.Before.SelectMany(Bytes), .. container.Frame(store), .. embedding.After.SelectMany(Bytes)];
            var (now, sum) = (new ByteRange(embedding.FrameStart, embedding.FrameLength), Hash(LeftOutBoxes is null ? Without(file, exclusions) : Boxes(file)));
            if ((now == hole && sum.AsSpan().SequenceEqual(hash)) || tries == MaxTries)
            {
                return file;
            }

            (hole, hash) = (now, sum);
        }

        static byte[] Bytes(ReadOnlyMemory<byte> piece) => piece.ToArray();
    }

    private byte[] Manifest(IReadOnlyList<ByteRange> exclusions, byte[] hash)
    {
        var bindings = LeftOutBoxes is not null ? [BoxesBinding(hash)] : Enumerable.Range(0, HardBindings).Select(i => Cbor(i == 0 ? Labels.DataHash : $"{Labels.DataHash}__{i}", map =>
        {
            map.Array("exclusions", exclusions, (array, range) => array.Map(item =>
            {
                item.Integer("start", range.Start);
                item.Integer("length", range.Length);
            }));
            map.Text("name", "jumbf manifest");
            map.Text("alg", Algorithm);
            map.Bytes("hash", hash);
            map.Bytes("pad", new byte[4]);
        })).ToList();
        List<byte[]> declared = [.. bindings, .. Assertions, Actions ?? CreatedActions];
        var claim = CborWriting.Encode(writer => writer.Map(map =>
        {
            map.Text("instanceID", "xmp:iid:1");
            map.Map("claim_generator_info", info => info.Text("name", "Forger"));
            if (ClaimVersion == 1)
            {
                map.Text("claim_generator", "Forger");
                map.Text("dc:format", "image/png");
            }

            map.Text("signature", SignatureUrl ?? JumbfUri.ToSignature(Label));
            References(map, ClaimVersion == 1 ? "assertions" : "created_assertions", [.. declared.Skip(GathersHardBinding ? 1 : 0), .. RefersTwice ? [declared[^1]] : Array.Empty<byte[]>()]);
            if (GathersHardBinding)
            {
                References(map, "gathered_assertions", declared[..1]);
            }

            if (Redacted.Count > 0)
            {
                map.Array("redacted_assertions", Redacted, (array, uri) => array.WriteTextString(uri));
            }

            map.Text("alg", NamesAlgorithm ? Algorithm : null);
        }));
        var assertions = JumbfWriter.Superbox(BoxTypes.AssertionStore, Labels.AssertionStore,
            [.. HiddenBefore, .. declared.Where(box => !Removed.Contains(LabelOf(box))), .. HiddenAfter]);
        var protectedHeader = CoseSignature.EncodeProtected(Signer);
        var signature = Signer.SignAsync(CoseSignature.ToBeSigned("Signature1", protectedHeader, claim), default).AsTask().GetAwaiter().GetResult();
        var cose = Stamp is null
            ? CoseSignature.Encode(protectedHeader, signature)
            : CoseSignature.EncodeStamped(protectedHeader, signature, Stamp(CoseSignature.ToBeStamped(protectedHeader, signature)), 20_000)!;
        return JumbfWriter.Superbox(ContentType, Label,
        [
            .. ManifestBefore, assertions, Claim(JumbfWriter.Cbor(BoxTypes.Claim, ClaimVersion == 1 ? Labels.ClaimV1 : Labels.ClaimV2, claim)),
            JumbfWriter.Superbox(BoxTypes.Signature, Labels.Signature, [JumbfWriter.Box(BoxTypes.Cbor, [cose]), .. SignatureAfter]), .. ManifestAfter,
        ]);
    }

    private void References(System.Formats.Cbor.CborWriter map, string key, IReadOnlyList<byte[]> boxes) => map.Array(
        key, boxes, (array, box) => array.HashedUri(new HashedUri(JumbfUri.ToOwnAssertion(LabelOf(box)), Hash(box.AsSpan(8).ToArray()))));

#pragma warning disable CA5350 // What nobody may believe is what is made here.
    private byte[] Hash(byte[] bytes) => Algorithm == "sha1" ? SHA1.HashData(bytes) : SHA256.HashData(bytes);
#pragma warning restore CA5350

    private byte[] BoxesBinding(byte[] hash) => Cbor(BoxesLabel, map =>
    {
        map.Array("exclusions", ["uuid", .. LeftOutBoxes!], (array, box) => array.Map(item =>
        {
            var (type, bytes) = Split(box);
            item.Text("xpath", $"/{type}");
            if (type == "uuid")
            {
                item.Array("data", [8L], (list, offset) => list.Map(data =>
                {
                    data.Integer("offset", offset);
                    data.Bytes("value", BmffContainer.Uuid);
                }));
            }
            else if (bytes > 0)
            {
                item.Array("subset", [bytes], (list, length) => list.Map(part =>
                {
                    part.Integer("offset", 16);
                    part.Integer("length", length);
                }));
            }
        }));
        map.Text("alg", Algorithm);
        map.Bytes("hash", hash);
        map.Text("name", "jumbf manifest");
    });

    /// <summary>What a hash by boxes is over: of each that is not left out its place, from version 2 on, and its bytes.</summary>
    private byte[] Boxes(byte[] file)
    {
        var hashed = new List<byte>();
        foreach (var box in BmffBox.ReadAll(file))
        {
            var leftOut = LeftOutBoxes!.Prepend("uuid").Select(Split).FirstOrDefault(item => item.Type == box.Type);
            var bytes = file[(int)box.Start..(int)box.End];
            if (leftOut is { Type: null } or { Bytes: > 0 })
            {
                hashed.AddRange([.. BoxesLabel == Labels.BmffHash ? BmffContainer.Offset(box.Start) : [], .. leftOut.Bytes > 0 ? [.. bytes[..16], .. bytes[(16 + leftOut.Bytes)..]] : bytes]);
            }
        }

        return [.. hashed];
    }

    private static (string Type, int Bytes) Split(string box) => box.Split(' ') is [var type, var bytes]
        ? (type, int.Parse(bytes, System.Globalization.CultureInfo.InvariantCulture))
        : (box, 0);

    private static byte[] Without(byte[] file, IReadOnlyList<ByteRange> ranges)
    {
        var kept = new List<byte>();
        var at = 0L;
        foreach (var range in ranges)
        {
            kept.AddRange(file[(int)Math.Min(at, file.Length)..(int)Math.Clamp(range.Start, at, Math.Max(at, file.Length))]);
            at = Math.Max(at, Math.Min(range.End, file.Length));
        }

        return [.. kept, .. file[(int)at..]];
    }
}
