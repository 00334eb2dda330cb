namespace DctNet.ModelTools;

/// <summary>Where the weights of a style can be had.</summary>
public sealed record ModelSource
{
    /// <summary>What <c>dctnet models pull</c> calls it.</summary>
    public required string Name { get; init; }

    /// <summary>http or https; redirects are followed.</summary>
    public required Uri Url { get; init; }

    /// <summary>Size of the file; null where the publisher does not say.</summary>
    public long? Bytes { get; init; }

    /// <summary>64 hexadecimal digits; null where the publisher does not say: then what came first is pinned.</summary>
    public string? Sha256 { get; init; }

    /// <summary>SPDX identifier, or a pointer to the terms.</summary>
    public required string Licence { get; init; }

    /// <summary>Who made the weights, one sentence.</summary>
    public required string Origin { get; init; }
}
