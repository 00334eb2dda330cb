using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>The AI label in every result. Section <c>DctNet:Label</c>.</summary>
public sealed record LabelOptions
{
    /// <summary>IPTC AISystemUsed. Defaults to "DctNet.Grpc".</summary>
    [Required, StringLength(128, MinimumLength = 1)]
    public string SystemName { get; set; } = "DctNet.Grpc";

    /// <summary>
    /// The provider's registered GB 45438 code, 27 characters. Defaults to none, and then no TC260 label is written: the code is
    /// registered data and is never invented.
    /// </summary>
    public string? Tc260ProviderCode { get; set; }
}
