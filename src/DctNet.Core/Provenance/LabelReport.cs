namespace DctNet.Core.Provenance;

/// <summary>The labels found in a file: claims of whoever wrote them, not proof.</summary>
public sealed record LabelReport
{
    public LayerState Xmp { get; init; }

    public string? DigitalSourceType { get; init; }

    public string? AiSystemUsed { get; init; }

    public string? AiSystemVersionUsed { get; init; }

    public string? InstanceId { get; init; }

    public string? CreatorTool { get; init; }

    public string? CreateDate { get; init; }

    public Tc260Report Tc260 { get; init; } = Tc260Report.Absent;

    /// <summary>True when the XMP names a digital source type or an AI system; other XMP is no AI label.</summary>
    public bool NamesAi => DigitalSourceType is not null || AiSystemUsed is not null;

    /// <summary>True when any label says that generative AI made or edited the picture. False is no statement at all.</summary>
    public bool ClaimsAi => DigitalSourceTypes.ClaimsGenerativeAi(DigitalSourceType) || Tc260 is { State: LayerState.Present, Label: "1" };

    /// <summary>True when a label says that the picture may be AI-generated: GB 45438's "2" (possibly) and "3" (suspected), which platforms add.</summary>
    public bool SuspectsAi => Tc260 is { State: LayerState.Present, Label: "2" or "3" };
}
