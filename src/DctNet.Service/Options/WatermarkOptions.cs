namespace DctNet.Service.Options;

/// <summary>The key of the invisible mark. Section <c>DctNet:Watermark</c>.</summary>
public sealed record WatermarkOptions
{
    /// <summary>
    /// File of keys: the first marks, all detect. Defaults to none: a development key is made in the data directory on first start and
    /// every start says so.
    /// </summary>
    public string? KeyFile { get; set; }
}
