namespace DctNet.ModelTools;

/// <summary><c>sources.json</c> as it is written.</summary>
internal sealed record SourcesDocument
{
    public required IReadOnlyList<ModelSource> Sources { get; init; }
}
