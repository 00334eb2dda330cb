namespace DctNet.Core.Models;

/// <summary>One network of <c>catalog.json</c>. What only a stylizer has may be absent for a face detector.</summary>
internal sealed record NetworkDocument
{
    public required string Name { get; init; }

    public string? Version { get; init; }

    /// <summary>Relative to the catalog, forward slashes.</summary>
    public required string File { get; init; }

    /// <summary>64 hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    public required string Licence { get; init; }

    public required string Origin { get; init; }

    /// <summary><c>stylizer</c> or <c>face-detector</c>.</summary>
    public required string Kind { get; init; }

    public NetworkInputDocument? Input { get; init; }

    public string? Output { get; init; }

    /// <summary><c>HWC</c> or <c>NHWC</c>.</summary>
    public string? Layout { get; init; }

    /// <summary><c>RGB</c> or <c>BGR</c>.</summary>
    public string? ChannelOrder { get; init; }

    /// <summary><c>[0, 255]</c>.</summary>
    public IReadOnlyList<float>? Range { get; init; }

    public int? SizeMultiple { get; init; }

    public string? DigitalSourceType { get; init; }

    public IReadOnlyList<string>? Styles { get; init; }
}
