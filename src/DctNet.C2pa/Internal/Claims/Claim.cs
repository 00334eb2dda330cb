using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>A claim as read, of version 1 or 2.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="SignatureUrl">Reference to its signature.</param>
/// <param name="Assertions">References to its assertions; those of version 2 that were gathered come last.</param>
/// <param name="Redacted">References to what it redacts in its ingredients.</param>
/// <param name="Algorithm">Hash algorithm of references that name none.</param>
/// <param name="Generator">The software that made it.</param>
/// <param name="Title">A name to show.</param>
internal sealed record Claim(
    int Version,
    string SignatureUrl,
    IReadOnlyList<HashedUri> Assertions,
    HashSet<string> Redacted,
    string? Algorithm,
    string? Generator,
    string? Title)
{
    /// <summary>Name of the algorithm of hashes that name none. Claims of version 2 must say it; nothing has the name that others get.</summary>
    public string DefaultAlgorithm => Algorithm ?? (Version == 1 ? "sha256" : "");

    /// <summary>Reads a claim; null where it lacks what it must have.</summary>
    public static Claim? Read(CborNode node, string label)
    {
        var version = label == Labels.ClaimV1 ? 1 : 2;
        var info = node["claim_generator_info"] is { Items: [var first, ..] } ? first : node["claim_generator_info"];
        var name = info?["name"]?.Text;
        var generator = name is null ? node["claim_generator"]?.Text : $"{name} {info!["version"]?.Text}".TrimEnd();
        if (node["signature"]?.Text is not { } signature || node["instanceID"]?.Text is null || generator is null)
        {
            return null;
        }

        List<CborNode> listed = version == 1
            ? [.. node["assertions"]?.Items ?? []]
            : [.. node["created_assertions"]?.Items ?? [], .. node["gathered_assertions"]?.Items ?? []];
        var assertions = listed.Select(HashedUri.Read).ToList();
        var redacted = (node["redacted_assertions"]?.Items ?? []).Select(item => item.Text).ToHashSet();
        return assertions.Count == 0 || assertions.Contains(null) || redacted.Contains(null)
            ? null
            : new Claim(version, signature, assertions!, redacted!, node["alg"]?.Text, generator, node["dc:title"]?.Text);
    }
}
