namespace DctNet.Cli.Output;

/// <summary>A line of the journal of a bulk run: its beginning, a plan (no id) or a result.</summary>
internal sealed record JournalLine
{
    /// <summary>Beginning: the job's name.</summary>
    public string? Scope { get; init; }

    /// <summary>Beginning: what is made.</summary>
    public string? Options { get; init; }

    /// <summary>Canonical path.</summary>
    public string? Input { get; init; }

    /// <summary>Path as the run gives it.</summary>
    public string? Output { get; init; }

    /// <summary>Result: size and time of the input.</summary>
    public string? File { get; init; }

    /// <summary>Result: the watermark id.</summary>
    public string? Id { get; init; }

    /// <summary>Result: whether the cartoon carries it.</summary>
    public bool? Embedded { get; init; }
}
