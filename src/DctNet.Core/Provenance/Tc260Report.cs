namespace DctNet.Core.Provenance;

/// <summary>The TC260 label (GB 45438-2025) as found.</summary>
public sealed record Tc260Report
{
    public static Tc260Report Absent { get; } = new();

    /// <summary>Present when one copy holds a JSON object with a <c>Label</c>; Unreadable when the text is something else.</summary>
    public LayerState State { get; init; }

    /// <summary>Copies found in XMP, PNG text and EXIF; a conforming file has one.</summary>
    public int Copies { get; init; }

    /// <summary>The text of the first copy.</summary>
    public string? Json { get; init; }

    /// <summary>"1" AI-generated, "2" possibly, "3" suspected.</summary>
    public string? Label { get; init; }

    public string? ContentProducer { get; init; }

    public string? ProduceId { get; init; }
}
