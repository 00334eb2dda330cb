using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>The networks. Section <c>DctNet:Models</c>.</summary>
public sealed record ModelOptions
{
    /// <summary>Directory with a <c>catalog.json</c>, or with <c>dctnet_&lt;style&gt;*.onnx</c> files. Defaults to the bundled one.</summary>
    public string? Directory { get; set => field = Setting.OrNone(value); }

    /// <summary>
    /// How often to look whether the directory's files have changed, in seconds. Defaults to 0: never, only at SIGHUP. New models are tried
    /// before they are used; bad ones leave the old in place.
    /// </summary>
    [Range(0, 86_400)]
    public int ReloadSeconds { get; set; }
}
