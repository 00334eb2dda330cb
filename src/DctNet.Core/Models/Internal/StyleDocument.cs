namespace DctNet.Core.Models;

/// <summary>One style of <c>catalog.json</c>.</summary>
internal sealed record StyleDocument
{
    public required string Name { get; init; }

    public required string Network { get; init; }

    /// <summary>By the network's style names; may be absent for a network of one style.</summary>
    public IReadOnlyDictionary<string, float>? Weights { get; init; }

    public required string Description { get; init; }
}
