namespace DctNet.Core.Models;

/// <summary><c>catalog.json</c> as it is written.</summary>
internal sealed record CatalogDocument
{
    public const string FileName = "catalog.json";

    public required IReadOnlyList<NetworkDocument> Networks { get; init; }

    public required IReadOnlyList<StyleDocument> Styles { get; init; }

    public required string DefaultStyle { get; init; }
}
