namespace DctNet.Core.Watermark;

/// <summary>How far a detection may look, and for how long.</summary>
public sealed record DetectOptions
{
    /// <summary>Which changes of the picture are looked through. Defaults to <see cref="DetectEffort.Fast"/>.</summary>
    public DetectEffort Effort { get; init; } = DetectEffort.Fast;

    /// <summary>
    /// After this time the search ends with what it has: <see cref="DetectResult.OutOfTime"/>. Null: it ends when everything was tried,
    /// which takes well under a second. Looked at between poses, so a detection may take some milliseconds longer.
    /// </summary>
    public TimeSpan? TimeBudget { get; init; }
}
