namespace DctNet.C2pa;

/// <summary>
/// What a manifest says of a picture. The actions follow from it: <c>c2pa.created</c>, or <c>c2pa.opened</c> and <c>c2pa.edited</c>, with
/// <see cref="DigitalSourceType"/>; then <c>c2pa.watermarked.bound</c> where there is a soft binding.
/// </summary>
public sealed record ManifestDefinition
{
    /// <summary>The software that made the picture: claim generator and agent of every action.</summary>
    public required GeneratorInfo Generator { get; init; }

    /// <summary>
    /// IPTC digital source type as a full URI, such as <c>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</c>; equal
    /// to the one in the XMP.
    /// </summary>
    public required string DigitalSourceType { get; init; }

    /// <summary>When the actions were taken. A claim: only a time-stamp proves a time.</summary>
    public required DateTimeOffset When { get; init; }

    /// <summary>Equal to <c>xmpMM:InstanceID</c> where the XMP has one. Null: a new one.</summary>
    public string? InstanceId { get; init; }

    /// <summary>A name to show.</summary>
    public string? Title { get; init; }

    /// <summary>What the picture was made from.</summary>
    public SourceAsset? Source { get; init; }

    /// <summary>The watermark in the picture.</summary>
    public SoftBinding? SoftBinding { get; init; }

    /// <summary>The model that made it.</summary>
    public AiDisclosure? AiDisclosure { get; init; }

    /// <summary>Assertions of other kinds.</summary>
    public IReadOnlyList<CustomAssertion> Assertions { get; init; } = [];
}
