namespace DctNet.Service.Options;

/// <summary>The networks. Section <c>DctNet:Models</c>.</summary>
public sealed record ModelOptions
{
    /// <summary>Directory with a <c>catalog.json</c>, or with <c>dctnet_&lt;style&gt;*.onnx</c> files. Defaults to the bundled one.</summary>
    public string? Directory { get; set; }
}
