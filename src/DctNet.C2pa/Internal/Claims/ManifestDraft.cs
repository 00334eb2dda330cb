using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>
/// A manifest in the making. Its hard binding needs to know where in the file the store will lie and how long it is, so its length is fixed
/// before its content: all that is still to come has a known length.
/// </summary>
internal sealed class ManifestDraft
{
    private readonly ManifestDefinition _definition;
    private readonly AssetContainer _container;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _carried;
    private readonly IReadOnlyList<string> _redacted;
    private readonly List<(string Label, byte[] Box)> _assertions;
    private readonly string _instanceId;
    private int _padding;
    private byte[] _hardBinding;
    private byte[] _claim;

    private ManifestDraft(
        ManifestDefinition definition, AssetContainer container, CarriedManifests? carried, List<(string Label, byte[] Box)> assertions)
    {
        (_definition, _container, _assertions) = (definition, container, assertions);
        (_carried, _redacted) = (carried?.Manifests ?? [], carried?.Redacted ?? []);
        _instanceId = definition.InstanceId ?? $"xmp:iid:{Guid.NewGuid()}";
        _hardBinding = HardBinding(new ByteRange(), new byte[AssertionWriter.HashBytes]);
        _claim = Claim();
    }

    /// <summary>The manifest's label.</summary>
    public string Label { get; } = $"urn:c2pa:{Guid.NewGuid()}";

    private string HardBindingLabel => _container.HashesBoxes ? Labels.BmffHash : Labels.DataHash;

    public static ManifestDraft Create(ManifestDefinition definition, AssetContainer container, ManifestVerifier verifier)
    {
        var assertions = new List<(string Label, byte[] Box)>();
        var carried = definition.Source is { } source ? verifier.Carry(source.File) : null;
        HashedUri? ingredient = null;
        HashedUri? softBinding = null;
        if (definition.Source is not null)
        {
            var mediaType = definition.Source.MediaType
                ?? AssetContainer.Recognize(definition.Source.File.Span)?.MediaType(definition.Source.File.Span)
                ?? "application/octet-stream";
            ingredient = Add(Labels.Ingredient, AssertionWriter.Ingredient(definition.Source, mediaType, carried));
        }

        if (definition.SoftBinding is not null)
        {
            softBinding = Add(Labels.SoftBinding, AssertionWriter.SoftBinding(definition.SoftBinding));
        }

        if (definition.AiDisclosure is not null)
        {
            Add(Labels.AiDisclosure, AssertionWriter.AiDisclosure(definition.AiDisclosure));
        }

        foreach (var custom in definition.Assertions)
        {
            Add(custom.Label, AssertionWriter.Custom(custom));
        }

        Add(Labels.Actions, AssertionWriter.Actions(definition, ingredient, softBinding, carried?.Redacted ?? []));
        return new ManifestDraft(definition, container, carried, assertions);

        HashedUri Add(string label, byte[] box)
        {
            assertions.Add((label, box));
            return Reference(label, box);
        }
    }

    /// <summary>
    /// Length of the whole store with a signature box of this length: even, as a chunk of odd length gets a byte behind it in RIFF, and
    /// readers differ in whether that is part of it.
    /// </summary>
    public int StoreLength(int signatureBoxLength)
    {
        var length = Assemble(new byte[signatureBoxLength]).Length;
        if (_container.HashesBoxes || length % 2 == 0)
        {
            return length;
        }

        _padding ^= 1;
        _hardBinding = HardBinding(new ByteRange(), new byte[AssertionWriter.HashBytes]);
        return Assemble(new byte[signatureBoxLength]).Length;
    }

    /// <summary>Binds the manifest to the file and gives the claim to sign.</summary>
    public ReadOnlyMemory<byte> Bind(Embedding embedding)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var piece in embedding.Hashed)
        {
            hash.AppendData(piece.Span);
        }

        _hardBinding = HardBinding(new ByteRange(embedding.FrameStart, embedding.FrameLength), hash.GetHashAndReset());
        return _claim = Claim();
    }

    /// <summary>The finished store.</summary>
    public byte[] Assemble(byte[] signatureBox)
    {
        var assertions = JumbfWriter.Superbox(
            BoxTypes.AssertionStore,
            Labels.AssertionStore,
            [_hardBinding, .. _assertions.Select(assertion => (ReadOnlyMemory<byte>)assertion.Box)]);
        var claim = JumbfWriter.Cbor(BoxTypes.Claim, Labels.ClaimV2, _claim);
        var manifest = JumbfWriter.Superbox(BoxTypes.Manifest, Label, [assertions, claim, signatureBox]);
        return JumbfWriter.Superbox(BoxTypes.Store, Labels.Store, [.. _carried, manifest]);
    }

    private byte[] HardBinding(ByteRange hole, byte[] hash) =>
        _container.HashesBoxes ? AssertionWriter.BmffHash(hash) : AssertionWriter.DataHash(hole, hash, _padding);

    private byte[] Claim() => CborWriting.Encode(writer => writer.Map(claim =>
    {
        claim.Text("instanceID", _instanceId);
        claim.Map("claim_generator_info", info =>
        {
            AssertionWriter.Generator(info, _definition.Generator);
            info.Text("specVersion", ManifestWriter.SpecificationVersion);
        });
        claim.Text("signature", JumbfUri.ToSignature(Label));
        claim.Array(
            "created_assertions",
            [(HardBindingLabel, _hardBinding), .. _assertions],
            (array, assertion) => array.HashedUri(Reference(assertion.Item1, assertion.Item2)));
        if (_redacted.Count > 0)
        {
            claim.Array("redacted_assertions", _redacted, (array, uri) => array.WriteTextString(uri));
        }

        claim.Text("dc:title", _definition.Title);
        claim.Text("alg", AssertionWriter.HashAlgorithm);
    }));

    // A hashed URI's hash is over the superbox without its 8-byte header.
    private static HashedUri Reference(string label, byte[] box) => new(JumbfUri.ToOwnAssertion(label), SHA256.HashData(box.AsSpan(8)));
}
