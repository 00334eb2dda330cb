using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>The rules for actions (C2PA 2.4, "Actions"): how a history begins, and that what it points at is there.</summary>
internal static class ActionsCheck
{
    private const string Created = "c2pa.created";
    private const string Opened = "c2pa.opened";

    public static void Check(ManifestReading manifest, Claim claim, StatusLog log)
    {
        var assertions = manifest.Contents.Where(content => Labels.IsActions(content.Label)).ToList();
        var manifestUrl = JumbfUri.ToManifest(manifest.Label);
        if (claim.Version >= 2 && !manifest.IsUpdate && assertions.Count == 0)
        {
            log.Fail(StatusCodes.ActionMalformed, manifestUrl, "There is no action.");
            return;
        }

        var isFirst = true;
        foreach (var (label, content) in assertions)
        {
            var url = JumbfUri.ToAssertion(manifest.Label, label);
            if (content["actions"]?.Items is not { Count: > 0 } actions || actions.Any(action => action["action"]?.Text is null))
            {
                log.Fail(StatusCodes.ActionMalformed, url);
                continue;
            }

            foreach (var action in actions)
            {
                var name = action["action"]!.Text;
                if (claim.Version >= 2 && !manifest.IsUpdate && (name is Created or Opened) != isFirst)
                {
                    log.Fail(StatusCodes.ActionMalformed, url, "A history begins with one c2pa.created or c2pa.opened.");
                }

                isFirst = false;
                CheckReferences(manifest, claim, action, name!, log, url);
            }
        }
    }

    private static void CheckReferences(ManifestReading manifest, Claim claim, CborNode action, string name, StatusLog log, string url)
    {
        var parameters = action["parameters"];
        if (name == "c2pa.redacted" && parameters?["redacted"]?.Text is var redacted && (redacted is null || !claim.Redacted.Contains(redacted)))
        {
            log.Fail(StatusCodes.ActionRedactionMismatch, url);
        }

        IReadOnlyList<CborNode> ingredients = [.. parameters?["ingredients"]?.Items ?? [], .. parameters?["ingredient"] is { } one ? [one] : (CborNode[])[]];
        var labels = ingredients.Select(ingredient => JumbfUri.OwnAssertion(ingredient["url"]?.Text, manifest.Label)).ToList();
        if (claim.Version >= 2 && name is Opened or "c2pa.placed" or "c2pa.removed" && labels.Count == 0
            || labels.Exists(label => label is null || !Labels.IsIngredient(label) || !manifest.Assertions.ContainsKey(label)))
        {
            log.Fail(StatusCodes.ActionIngredientMismatch, url);
        }
    }
}
