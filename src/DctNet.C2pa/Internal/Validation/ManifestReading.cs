using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>One manifest, taken apart; nothing in it is believed yet.</summary>
internal sealed class ManifestReading
{
    private static readonly uint[] s_kinds =
        [BoxTypes.AssertionStore, BoxTypes.Claim, BoxTypes.Signature, BoxTypes.CredentialStore, BoxTypes.DataStore];

    private readonly CborBudget _budget;

    private ManifestReading(JumbfBox box, CborBudget budget) => (Box, _budget) = (box, budget);

    public JumbfBox Box { get; }

    public string Label => Box.Label;

    public bool IsUpdate => Box.ContentType == BoxTypes.UpdateManifest;

    /// <summary>Null where it cannot be read; then <see cref="Problem"/> says why.</summary>
    public Claim? Claim { get; private set; }

    /// <summary>A status code.</summary>
    public string? Problem { get; private set; }

    /// <summary>The claim's CBOR: what is signed.</summary>
    public ReadOnlyMemory<byte> ClaimBytes { get; private set; }

    /// <summary>SHA-256 of it, computed once: a hostile manifest may refer to a large claim a thousand times.</summary>
    public byte[] ClaimHash => field ??= SHA256.HashData(ClaimBytes.Span);

    public JumbfBox? SignatureBox { get; private set; }

    /// <summary>The COSE structure.</summary>
    public ReadOnlyMemory<byte>? Signature => SignatureBox?.Content(BoxTypes.Cbor)?.Payload;

    /// <summary>The assertions by label.</summary>
    public Dictionary<string, JumbfBox> Assertions { get; } = [];

    /// <summary>The content of those that are CBOR and that the claim refers to, in the claim's order.</summary>
    public List<(string Label, CborNode Content)> Contents { get; } = [];

    /// <summary>Labels of CBOR assertions that cannot be read.</summary>
    public List<string> Unreadable { get; } = [];

    /// <summary>Labels that the assertion store has more than once: a claim refers to one box, and readers differ in which.</summary>
    public List<string> Repeated { get; } = [];

    public static ManifestReading Read(JumbfBox box, CborBudget budget)
    {
        var reading = new ManifestReading(box, budget);
        reading.Problem = reading.ReadClaim();
        if (reading.Claim is { } claim)
        {
            reading.ReadAssertions(claim);
        }

        return reading;
    }

    public ManifestSummary? Summarize(SignerSummary? signer, DateTimeOffset? signedAt) => Claim is null ? null : new ManifestSummary
    {
        Label = Label,
        ClaimVersion = Claim.Version,
        Generator = Claim.Generator,
        Title = Claim.Title,
        DigitalSourceTypes =
        [
            .. Of(Labels.IsActions).SelectMany(actions => actions["actions"]?.Items ?? [])
                .Select(action => action["digitalSourceType"]?.Text).OfType<string>().Distinct(),
        ],
        SoftBindings =
        [
            .. Of(label => Labels.Kind(label) == Labels.SoftBinding)
                .SelectMany(binding => (binding["blocks"]?.Items ?? []).Select(block => (Algorithm: binding["alg"]?.Text, block["value"]?.Bytes)))
                .Where(binding => binding is { Algorithm: not null, Bytes: not null })
                .Select(binding => new SoftBinding(binding.Algorithm!, binding.Bytes!.Value)),
        ],
        Assertions = [.. Assertions.Keys],
        Ingredients =
        [
            .. Of(Labels.IsIngredient).Select(ingredient => JumbfUri.Resolve(
                (ingredient["activeManifest"] ?? ingredient["c2pa_manifest"])?["url"]?.Text, Label)?.Manifest),
        ],
        Signer = signer,
        SignedAt = signedAt,
    };

    private IEnumerable<CborNode> Of(Func<string, bool> kind) => Contents.Where(content => kind(content.Label)).Select(content => content.Content);

    private string? ReadClaim()
    {
        var claims = Box.ChildrenOf(BoxTypes.Claim).ToList();
        if (claims is not [var claim])
        {
            return claims.Count == 0 ? StatusCodes.ClaimMissing : StatusCodes.ClaimMultiple;
        }

        // Nobody signs the list of boxes, so whatever is added here is somebody else's: a second box of a kind, or one of no kind.
        if (Box.Children.Any(child => !s_kinds.Contains(child.ContentType))
            || s_kinds.Any(kind => Box.ChildrenOf(kind).Skip(1).Any())
            || Box.Children.Count(child => child.Label == Labels.Signature) > 1
            || Box.ChildrenOf(BoxTypes.DataStore).SelectMany(store => store.Children).Any(box => !IsDataBox(box))
            || (claim.Label == Labels.ClaimV2 && Box.ChildrenOf(BoxTypes.CredentialStore).Any()))
        {
            return StatusCodes.GeneralError;
        }

        if (claim.Label is not (Labels.ClaimV1 or Labels.ClaimV2) || claim.Children is not [{ Type: BoxTypes.Cbor } content])
        {
            return StatusCodes.ClaimMalformed;
        }

        SignatureBox = Box.Child(Labels.Signature);
        ClaimBytes = content.Payload;
        try
        {
            Claim = Claim.Read(CborNode.Parse(content.Payload, _budget), claim.Label);
            return Claim is null ? StatusCodes.ClaimMalformed : null;
        }
        catch (MalformedException)
        {
            return StatusCodes.ClaimCborInvalid;
        }
    }

    private bool IsDataBox(JumbfBox box)
    {
        try
        {
            var content = box.Content(BoxTypes.Cbor) is { } cbor ? CborNode.Parse(cbor.Payload, _budget) : null;
            return content?["dc:format"]?.Text is not null && content["data"]?.Bytes is not null;
        }
        catch (MalformedException)
        {
            return false;
        }
    }

    private void ReadAssertions(Claim claim)
    {
        foreach (var assertion in Box.ChildrenOf(BoxTypes.AssertionStore).SelectMany(store => store.Children))
        {
            if (!Assertions.TryAdd(assertion.Label, assertion))
            {
                Repeated.Add(assertion.Label);
            }
        }

        foreach (var label in claim.Assertions.Select(reference => JumbfUri.OwnAssertion(reference.Url, Label)).OfType<string>().Distinct())
        {
            if (Assertions.GetValueOrDefault(label)?.Content(BoxTypes.Cbor) is not { } content)
            {
                continue;
            }

            try
            {
                Contents.Add((label, CborNode.Parse(content.Payload, _budget)));
            }
            catch (MalformedException)
            {
                Unreadable.Add(label);
            }
        }
    }
}
