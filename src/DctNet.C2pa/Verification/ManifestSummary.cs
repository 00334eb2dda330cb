namespace DctNet.C2pa.Verification;

/// <summary>What the active manifest says. Only worth as much as <see cref="ValidationReport.State"/>.</summary>
public sealed record ManifestSummary
{
    /// <summary>Its label.</summary>
    public required string Label { get; init; }

    /// <summary>Claim version, 1 or 2.</summary>
    public required int ClaimVersion { get; init; }

    /// <summary>The software that made it.</summary>
    public string? Generator { get; init; }

    /// <summary>A name to show.</summary>
    public string? Title { get; init; }

    /// <summary>The digital source types of its actions, in order and each once.</summary>
    public IReadOnlyList<string> DigitalSourceTypes { get; init; } = [];

    /// <summary>The watermarks and fingerprints that it names.</summary>
    public IReadOnlyList<SoftBinding> SoftBindings { get; init; } = [];

    /// <summary>Labels of its assertions, in order.</summary>
    public IReadOnlyList<string> Assertions { get; init; } = [];

    /// <summary>Labels of the manifests of its ingredients; null for an ingredient without one.</summary>
    public IReadOnlyList<string?> Ingredients { get; init; } = [];

    /// <summary>Who signed it.</summary>
    public SignerSummary? Signer { get; init; }

    /// <summary>When it was signed, by the word of a trusted time-stamp authority; null where there is no such word.</summary>
    public DateTimeOffset? SignedAt { get; init; }
}
