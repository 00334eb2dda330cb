using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>Checks the manifests of one store, the active one first, then those of its ingredients.</summary>
internal sealed class StoreValidator
{
    /// <summary>More than any history has; each costs a signature and a chain of certificates.</summary>
    private const int MaxManifests = 100;

    private readonly ReadOnlyMemory<byte> _asset;
    private readonly StoreLocation _location;
    private readonly TrustList _trust;
    private readonly CborBudget _budget = new();
    private readonly SignatureCheck _signatures;
    private readonly List<JumbfBox> _manifests;
    private readonly bool _hasOtherBoxes;
    private readonly Dictionary<string, JumbfBox> _byLabel = [];
    private readonly Dictionary<(JumbfBox Box, HashAlgorithmName Algorithm), byte[]> _hashes = [];
    private readonly Dictionary<string, ManifestReading> _readings = [];
    private readonly HashSet<string> _redacted = [];

    /// <summary>Labels of the manifests in which something is redacted.</summary>
    private readonly HashSet<string> _redactedIn = [];
    private readonly HashSet<string> _visited = [];

    /// <summary>The manifest that is checked and those that led to it.</summary>
    private readonly HashSet<string> _path = [];

    public StoreValidator(JumbfBox store, ReadOnlyMemory<byte> asset, StoreLocation location, TrustList trust, DateTimeOffset now)
    {
        (_asset, _location, _trust) = (asset, location, trust);
        _signatures = new SignatureCheck(trust, now, _budget);
        _hasOtherBoxes = store.Children.Any(box => box.Type != BoxTypes.Superbox);
        _manifests = [.. store.Children.Where(box => box.ContentType is BoxTypes.Manifest or BoxTypes.UpdateManifest)];
    }

    public ValidationReport Validate()
    {
        var log = new StatusLog();
        if (_hasOtherBoxes
            || _manifests is not [.., var active]
            || _manifests.Count > MaxManifests
            || !_manifests.TrueForAll(box => _byLabel.TryAdd(box.Label, box)))
        {
            log.Fail(StatusCodes.ClaimMissing, "", "The store has no manifest, too many, two of one name, or something else.");
            return new ValidationReport(ValidationState.Invalid, log.Statuses, null);
        }

        var manifest = Read(active);
        GatherRedactions(manifest, []);
        var (signer, signedAt) = Check(manifest, log, isActive: true);
        var state = log.HasFailure ? ValidationState.Invalid
            : log.HasUnsupported ? ValidationState.Unsupported
            : _trust.Signers.Count == 0 ? ValidationState.Valid
            : log.Statuses.Any(status => status is { Code: StatusCodes.CredentialTrusted, OfIngredient: false }) ? ValidationState.Trusted
            : ValidationState.Untrusted;
        return new ValidationReport(state, log.Statuses, manifest.Summarize(signer, signedAt));
    }

    private ManifestReading Read(JumbfBox box)
    {
        if (!_readings.TryGetValue(box.Label, out var reading))
        {
            _readings[box.Label] = reading = ManifestReading.Read(box, _budget);
        }

        return reading;
    }

    /// <summary>
    /// What a manifest redacts in those below it, and what they do. A manifest that nobody refers to has no say: anybody can put one into a
    /// store.
    /// </summary>
    /// <returns>The manifests below this one, with itself.</returns>
    private HashSet<string> GatherRedactions(ManifestReading manifest, Dictionary<string, HashSet<string>> known)
    {
        if (known.TryGetValue(manifest.Label, out var below))
        {
            return below; // In a cycle it may not be complete yet. That does no harm: a manifest cannot redact one that it is itself an ingredient of.
        }

        known[manifest.Label] = below = [manifest.Label];
        foreach (var (_, content) in manifest.Contents.Where(content => Labels.IsIngredient(content.Label)))
        {
            if (JumbfUri.Resolve(IngredientManifest(content)?.Url, manifest.Label)?.Manifest is { } target && _byLabel.TryGetValue(target, out var box))
            {
                below.UnionWith(GatherRedactions(Read(box), known));
            }
        }

        foreach (var uri in manifest.Claim?.Redacted ?? [])
        {
            if (JumbfUri.Resolve(uri, "")?.Manifest is { } target && below.Contains(target))
            {
                _redacted.Add(uri);
                _redactedIn.Add(target);
            }
        }

        return below;
    }

    private (SignerSummary? Signer, DateTimeOffset? SignedAt) Check(ManifestReading manifest, StatusLog log, bool isActive)
    {
        _visited.Add(manifest.Label);
        var url = JumbfUri.ToManifest(manifest.Label);
        if (manifest.Claim is not { } claim)
        {
            log.Fail(manifest.Problem!, url);
            return default;
        }

        _path.Add(manifest.Label);
        var signed = CheckSignature(manifest, claim, log);
        CheckAssertions(manifest, claim, log);
        CheckHardBindings(manifest, claim, isActive, log, url);
        ActionsCheck.Check(manifest, claim, log);
        foreach (var (label, content) in manifest.Contents.Where(content => Labels.IsIngredient(content.Label)))
        {
            CheckIngredient(manifest, label, content, log);
        }

        if (!manifest.IsUpdate && Parents(manifest).Skip(1).Any())
        {
            log.Fail(StatusCodes.MultipleParents, url);
        }

        _path.Remove(manifest.Label);
        return signed;
    }

    private (SignerSummary? Signer, DateTimeOffset? SignedAt) CheckSignature(ManifestReading manifest, Claim claim, StatusLog log)
    {
        var url = JumbfUri.ToSignature(manifest.Label);
        if (manifest.Signature is { } cose && JumbfUri.Resolve(claim.SignatureUrl, manifest.Label) == (manifest.Label, Labels.Signature))
        {
            return _signatures.Check(cose, manifest.ClaimBytes, log, url);
        }

        log.Fail(StatusCodes.SignatureMissing, url);
        return default;
    }

    private void CheckAssertions(ManifestReading manifest, Claim claim, StatusLog log)
    {
        var declared = new HashSet<string>();
        foreach (var reference in claim.Assertions)
        {
            if (JumbfUri.OwnAssertion(reference.Url, manifest.Label) is not { } label)
            {
                log.Fail(StatusCodes.AssertionOutsideManifest, reference.Url);
                continue;
            }

            var url = JumbfUri.ToAssertion(manifest.Label, label);
            declared.Add(label);
            var redacted = _redacted.Contains(url);
            if (manifest.Assertions.GetValueOrDefault(label) is not { } box)
            {
                if (!redacted)
                {
                    log.Fail(StatusCodes.AssertionMissing, url);
                }

                continue;
            }

            if (redacted)
            {
                log.Fail(StatusCodes.AssertionNotRedacted, url);
            }

            if (HashAlgorithms.Find(reference.Algorithm ?? claim.DefaultAlgorithm) is not { } algorithm)
            {
                log.Fail(StatusCodes.AlgorithmUnsupported, url);
            }
            else if (reference.Hash.Span.SequenceEqual(HashOf(box, algorithm)))
            {
                log.Pass(StatusCodes.AssertionMatch, url);
            }
            else
            {
                log.Fail(StatusCodes.AssertionMismatch, url, "The assertion was changed after it was signed.");
            }
        }

        foreach (var label in manifest.Assertions.Keys.Except(declared).Concat(manifest.Repeated))
        {
            log.Fail(StatusCodes.AssertionUndeclared, JumbfUri.ToAssertion(manifest.Label, label));
        }

        foreach (var (label, url) in manifest.Unreadable.Select(label => (label, JumbfUri.ToAssertion(manifest.Label, label))))
        {
            log.Fail(StatusCodes.AssertionCborInvalid, url);
        }

        foreach (var uri in claim.Redacted)
        {
            var target = JumbfUri.Resolve(uri, manifest.Label);
            var label = target?.Path.Split('/')[^1] ?? "";
            var problem = target is null || target.Value.Manifest == manifest.Label ? StatusCodes.AssertionSelfRedacted
                : Labels.IsActions(label) ? StatusCodes.ActionRedacted
                : Labels.IsHardBinding(label) ? StatusCodes.DataHashRedacted
                : null;
            if (problem is not null)
            {
                log.Fail(problem, uri);
            }
        }
    }

    /// <summary>An update manifest changes no pixel and has no hard binding: its parent's counts.</summary>
    private void CheckHardBindings(ManifestReading manifest, Claim claim, bool isActive, StatusLog log, string url)
    {
        var bindings = manifest.Contents.Where(content => Labels.IsHardBinding(content.Label)).ToList();
        if (manifest.IsUpdate)
        {
            var parents = Parents(manifest).Select(parent => JumbfUri.Resolve(IngredientManifest(parent)?.Url, manifest.Label)?.Manifest).ToList();
            if (bindings.Count > 0 || parents is not [{ } parent])
            {
                log.Fail(StatusCodes.UpdateWrongParents, url);
            }
            else if (isActive && !_visited.Contains(parent) && _byLabel.TryGetValue(parent, out var box)
                && Read(box) is { Claim: { } parentClaim } original)
            {
                _visited.Add(parent);
                CheckHardBindings(original, parentClaim, isActive: true, log, JumbfUri.ToManifest(parent));
                _visited.Remove(parent);
            }

            return;
        }

        // A picture with others behind it (a gain map, a film) has a hash of all its bytes, and may have hashes of its parts and a list of them beside it.
        bindings.RemoveAll(content => Labels.IsPartHash(content.Label));
        if (bindings.Exists(content => Labels.Kind(content.Label) != Labels.MultiAssetHash))
        {
            bindings.RemoveAll(content => Labels.Kind(content.Label) == Labels.MultiAssetHash);
        }

        if (bindings.Count == 0)
        {
            log.Fail(StatusCodes.HardBindingsMissing, url);
        }
        else if (bindings.Count > 1)
        {
            log.Fail(StatusCodes.AssertionMultipleHardBindings, url);
        }
        else if (isActive)
        {
            var (label, content) = bindings[0];
            HardBindingCheck.Check(label, content, claim.DefaultAlgorithm, _asset, _location, log, JumbfUri.ToAssertion(manifest.Label, label));
        }
    }

    private void CheckIngredient(ManifestReading manifest, string label, CborNode content, StatusLog log)
    {
        var url = JumbfUri.ToAssertion(manifest.Label, label);
        if (content["relationship"]?.Text is null)
        {
            log.Fail(StatusCodes.IngredientMalformed, url);
            return;
        }

        if (IngredientManifest(content) is not { } reference)
        {
            log.Note(StatusCodes.IngredientUnknownProvenance, url);
            return;
        }

        if (JumbfUri.Resolve(reference.Url, manifest.Label)?.Manifest is not { } target || !_byLabel.TryGetValue(target, out var box))
        {
            log.Fail(StatusCodes.IngredientManifestMissing, url);
            return;
        }

        if (_path.Contains(target))
        {
            log.Fail(StatusCodes.IngredientManifestMismatch, url, "A manifest is an ingredient of itself.");
            return;
        }

        if (Labels.Kind(label) == Labels.Ingredient && (content["validationResults"] is null || content["claimSignature"] is null))
        {
            log.Fail(StatusCodes.IngredientMalformed, url, "It does not say how the ingredient's manifest was found.");
        }

        var ingredient = Read(box);
        CheckReference(
            WithAlgorithm(reference, manifest), WithAlgorithm(HashedUri.Read(content["claimSignature"]), manifest), ingredient,
            Labels.Kind(label) == Labels.Ingredient, isOld: manifest.Claim!.Version == 1 && ingredient.Claim?.Version == 1, log, url);
        if (_visited.Contains(target))
        {
            return;
        }

        // Only what the ingredient assertion does not record itself is news (C2PA's ingredient deltas).
        var own = new StatusLog();
        Check(ingredient, own, isActive: false);
        var recorded = RecordedFailures(content);
        foreach (var status in own.Statuses.Where(status => status.Kind == StatusKind.Failure && !recorded.Contains(status.Code)))
        {
            log.Add(status with { IngredientUrl = status.IngredientUrl ?? url });
        }
    }

    /// <summary>
    /// The hash of the ingredient's manifest; where a redaction changed it, that of its signature. Between claims of version 1 there is no such
    /// reference, and what is left of the ingredient has its own signature alone (as in c2pa-rs).
    /// </summary>
    private void CheckReference(
        HashedUri reference, HashedUri? signature, ManifestReading ingredient, bool hasSignature, bool isOld, StatusLog log, string url)
    {
        if (Matches(ingredient.Box, reference) || (!hasSignature && ClaimMatches()))
        {
            log.Pass(StatusCodes.IngredientManifestValidated, url);
        }
        else if (!_redactedIn.Contains(ingredient.Label))
        {
            log.Fail(StatusCodes.IngredientManifestMismatch, url, "The ingredient's manifest was changed after this one was signed.");
        }
        else if (signature is null)
        {
            if (!isOld)
            {
                log.Fail(StatusCodes.IngredientSignatureMissing, url);
            }
        }
        else if (ingredient.SignatureBox is { } box && Matches(box, signature))
        {
            log.Pass(StatusCodes.IngredientSignatureValidated, url);
        }
        else
        {
            log.Fail(StatusCodes.IngredientSignatureMismatch, url);
        }

        // Before version 1.3 the hash was over the claim.
        bool ClaimMatches() => reference.Hash.Span.SequenceEqual(ingredient.ClaimHash);
    }

    [return: NotNullIfNotNull(nameof(reference))]
    private static HashedUri? WithAlgorithm(HashedUri? reference, ManifestReading manifest) =>
        reference is null ? null : reference with { Algorithm = reference.Algorithm ?? manifest.Claim!.DefaultAlgorithm };

    private bool Matches(JumbfBox box, HashedUri reference) =>
        HashAlgorithms.Find(reference.Algorithm) is { } algorithm && reference.Hash.Span.SequenceEqual(HashOf(box, algorithm));

    /// <summary>A box's hash, computed once: a hostile claim may refer to a large box a thousand times.</summary>
    private byte[] HashOf(JumbfBox box, HashAlgorithmName algorithm)
    {
        if (!_hashes.TryGetValue((box, algorithm), out var hash))
        {
            _hashes[(box, algorithm)] = hash = box.Hash(algorithm);
        }

        return hash;
    }

    private static IEnumerable<CborNode> Parents(ManifestReading manifest) => manifest.Contents
        .Where(content => Labels.IsIngredient(content.Label) && content.Content["relationship"]?.Text == "parentOf").Select(content => content.Content);

    private static HashedUri? IngredientManifest(CborNode ingredient) =>
        HashedUri.Read(ingredient["activeManifest"] ?? ingredient["c2pa_manifest"]);

    private static HashSet<string> RecordedFailures(CborNode ingredient)
    {
        var results = ingredient["validationResults"];
        IEnumerable<CborNode> statuses =
        [
            .. results?["activeManifest"]?["failure"]?.Items ?? [],
            .. (results?["ingredientDeltas"]?.Items ?? []).SelectMany(delta => delta["validationDeltas"]?["failure"]?.Items ?? []),
            .. ingredient["validationStatus"]?.Items ?? [],
        ];
        return [.. statuses.Select(status => status["code"]?.Text).OfType<string>()];
    }
}
