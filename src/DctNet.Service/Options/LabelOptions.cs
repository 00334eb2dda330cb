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
    public string? Tc260ProviderCode { get; set => field = Setting.OrNone(value); }

    /// <summary>
    /// The laws to answer to: <c>none</c>, or <c>cn</c>, <c>eu</c>, <c>us</c> with commas between. A profile adds what it asks for to every
    /// result, and stops the start where a setting that it needs is missing. Defaults to <c>none</c>.
    /// </summary>
    [Required]
    public string Profile { get; set; } = "none";

    /// <summary>Who runs this system, for the label (<c>dc:publisher</c>). Defaults to none; profile <c>us</c> needs it.</summary>
    [StringLength(128)]
    public string? ProviderName { get; set => field = Setting.OrNone(value); }

    /// <summary>Draws the visible label into every result. Defaults to false; profile <c>cn</c> does so in any case.</summary>
    public bool VisibleLabel { get; set; }
}
