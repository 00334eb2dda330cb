namespace DctNet.Core.Watermark;

/// <summary>What a detection found, or how far it looked.</summary>
/// <param name="Id">The id in the picture; null when no mark of the ring's keys was found.</param>
/// <param name="KeyId">Public id of the key the mark was made with; null when not found.</param>
/// <param name="Path">The step that found the mark, or the last step tried.</param>
/// <param name="Transform">What was done to the picture since it was marked, as far as the mark tells; null when not found.</param>
/// <param name="MacChecks">Checks made.</param>
/// <param name="MaxMacChecks">Checks this detection was allowed.</param>
/// <param name="FalsePositiveBound">
/// Upper bound on the probability that a picture without a mark of these keys is accepted by such a detection:
/// <paramref name="MaxMacChecks"/> · 2^−40.
/// </param>
/// <param name="OutOfTime">Whether the time budget ended the search inside <paramref name="Path"/>.</param>
public sealed record DetectResult(
    WatermarkId? Id,
    string? KeyId,
    DetectPath Path,
    TransformEstimate? Transform,
    int MacChecks,
    int MaxMacChecks,
    double FalsePositiveBound,
    bool OutOfTime = false)
{
    /// <summary>Whether a mark was found.</summary>
    public bool Found => Id is not null;
}
