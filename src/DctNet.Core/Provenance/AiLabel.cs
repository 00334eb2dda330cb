namespace DctNet.Core.Provenance;

/// <summary>What the metadata of an output says about its origin.</summary>
public sealed record AiLabel
{
    /// <summary>
    /// IPTC <c>DigitalSourceType</c>, the full URI (<see cref="DigitalSourceTypes"/>); equal to the value in a C2PA manifest.
    /// </summary>
    public required string DigitalSourceType { get; init; }

    /// <summary>IPTC 2025.1 <c>AISystemUsed</c>: the name of the system.</summary>
    public required string AiSystemUsed { get; init; }

    /// <summary>IPTC 2025.1 <c>AISystemVersionUsed</c>: version of the system and, where useful, of the model.</summary>
    public string? AiSystemVersionUsed { get; init; }

    /// <summary><c>xmpMM:InstanceID</c>, see <see cref="NewInstanceId"/>.</summary>
    public required string InstanceId { get; init; }

    /// <summary><c>xmp:CreatorTool</c>.</summary>
    public string? CreatorTool { get; init; }

    /// <summary><c>dc:publisher</c>: who runs the system.</summary>
    public string? Provider { get; init; }

    /// <summary><c>xmp:CreateDate</c> and <c>xmp:ModifyDate</c>.</summary>
    public required DateTimeOffset CreateDate { get; init; }

    /// <summary>The Chinese label, when a provider code is configured.</summary>
    public Tc260Label? Tc260 { get; init; }

    /// <summary>A fresh instance id in the form XMP part 2 recommends: <c>xmp.iid:</c> and a random UUID.</summary>
    public static string NewInstanceId() => $"xmp.iid:{Guid.NewGuid():D}";
}
