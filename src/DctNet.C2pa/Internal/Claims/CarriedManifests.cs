using System.Security.Cryptography;
using System.Text;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>The manifests of a source, ready to be put into another store: validated, and redacted.</summary>
/// <param name="Manifests">Their superboxes in their order.</param>
/// <param name="ActiveManifest">The reference to the last.</param>
/// <param name="ClaimSignature">The reference to its signature, which holds where a redaction changed the manifest's hash.</param>
/// <param name="Redacted">References to what was taken out.</param>
/// <param name="Report">How they were found before.</param>
internal sealed record CarriedManifests(
    IReadOnlyList<ReadOnlyMemory<byte>> Manifests,
    HashedUri ActiveManifest,
    HashedUri ClaimSignature,
    IReadOnlyList<string> Redacted,
    ValidationReport Report)
{
    /// <summary>What a store may bring along, after redaction. Without thumbnails a long history has some tens of KB.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>
    /// What may be wrong with a manifest that is carried over. One whose boxes or assertions are damaged would keep other readers, which decode
    /// them all, from reading the new manifest as well.
    /// </summary>
    private static readonly string[] s_tolerated =
    [
        StatusCodes.DataHashMismatch, StatusCodes.BmffHashMismatch, StatusCodes.BoxesHashMismatch, StatusCodes.BoxesHashUnknownBox,
        StatusCodes.AlgorithmUnsupported, StatusCodes.SignatureMismatch, StatusCodes.SignatureOutsideValidity,
        StatusCodes.CredentialUntrusted, StatusCodes.CredentialExpired, StatusCodes.CredentialInvalid,
    ];

    /// <summary>Properties of EXIF, IPTC and schema.org metadata that tell a place.</summary>
    private static readonly string[] s_placeNames =
    [
        "GPS", "Location", "Sublocation", "photoshop:City", "photoshop:State", "photoshop:Country",
        "location", "latitude", "longitude", "spatialCoverage", "addressLocality", // schema.org's
    ];

    /// <summary>Prepares a source's store, or gives null where it cannot be carried: it is damaged or too large.</summary>
    public static CarriedManifests? From(JumbfBox store, ValidationReport report)
    {
        if (report.Statuses.Any(status => status.Kind == StatusKind.Failure && !s_tolerated.Contains(status.Code)))
        {
            return null;
        }

        var redacted = new List<string>();
        var manifests = store.Children.Where(box => box.ContentType is BoxTypes.Manifest or BoxTypes.UpdateManifest).ToList();
        var kept = manifests.Select(manifest => Redact(manifest, redacted)).ToList();
        if (manifests is not [.., var active]
            || active.Child(Labels.Signature) is not { } signature
            || kept.Sum(manifest => (long)manifest.Length) > MaxBytes
            || manifests.Select(manifest => manifest.Label).Distinct().Count() != manifests.Count)
        {
            return null;
        }

        return new CarriedManifests(
            kept,
            new HashedUri(JumbfUri.ToManifest(active.Label), SHA256.HashData(kept[^1].Span[8..])), // Without the superbox's header.
            new HashedUri(JumbfUri.ToSignature(active.Label), signature.Hash(HashAlgorithmName.SHA256)),
            redacted,
            report);
    }

    /// <summary>A manifest without its thumbnails, embedded files and places. C2PA lets any assertion go but actions, hard bindings and ingredients.</summary>
    private static ReadOnlyMemory<byte> Redact(JumbfBox manifest, List<string> redacted)
    {
        var assertions = manifest.ChildrenOf(BoxTypes.AssertionStore).FirstOrDefault();
        var gone = assertions?.Children.Where(TellsTooMuch).ToList() ?? [];
        if (assertions is null || gone.Count == 0)
        {
            return manifest.Bytes;
        }

        redacted.AddRange(gone.Select(assertion => JumbfUri.ToAssertion(manifest.Label, assertion.Label)));
        var kept = Rebuild(assertions, assertions.Children.Except(gone).Select(assertion => assertion.Bytes));
        return Rebuild(manifest, manifest.Children.Select(box => box == assertions ? kept : box.Bytes));
    }

    private static ReadOnlyMemory<byte> Rebuild(JumbfBox box, IEnumerable<ReadOnlyMemory<byte>> children) =>
        JumbfWriter.Box(BoxTypes.Superbox, [box.Description, .. children]);

    private static bool TellsTooMuch(JumbfBox assertion)
    {
        var kind = Labels.Kind(assertion.Label);
        if (kind.StartsWith("c2pa.thumbnail.", StringComparison.Ordinal) || kind.StartsWith("c2pa.location.", StringComparison.Ordinal)
            || kind == "c2pa.embedded-data")
        {
            return true;
        }

        // Metadata assertions are JSON-LD or, by some makers, CBOR; either way the properties' names stand in it as text.
        if (Labels.IsActions(kind) || Labels.IsIngredient(kind) || Labels.IsHardBinding(kind) || kind == Labels.SoftBinding)
        {
            return false;
        }

        var content = assertion.Content(BoxTypes.Json) ?? assertion.Content(BoxTypes.Cbor);
        var text = content is null ? "" : Encoding.UTF8.GetString(content.Payload.Span);
        return Array.Exists(s_placeNames, name => text.Contains(name, StringComparison.Ordinal));
    }
}
