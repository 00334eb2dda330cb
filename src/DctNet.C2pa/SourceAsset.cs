namespace DctNet.C2pa;

/// <summary>
/// The file that a picture was made from (<c>c2pa.ingredient.v3</c>). When it has a manifest, that is validated and carried over, without
/// its thumbnails and what tells a place (see <see cref="ManifestWriter"/>).
/// </summary>
public sealed record SourceAsset
{
    /// <summary>The whole file.</summary>
    public required ReadOnlyMemory<byte> File { get; init; }

    /// <summary>What it is to the picture.</summary>
    public required SourceRelationship Relationship { get; init; }

    /// <summary>Its media type. Null: told from its first bytes, else <c>application/octet-stream</c>.</summary>
    public string? MediaType { get; init; }

    /// <summary>Its <c>xmpMM:InstanceID</c>, if it has one.</summary>
    public string? InstanceId { get; init; }

    /// <summary>A name to show. Null by default: file names tell about people.</summary>
    public string? Title { get; init; }
}
