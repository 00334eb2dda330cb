using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>Looks for marks of any key of a ring. Immutable and safe for concurrent use; the tables of the keys are derived once.</summary>
public sealed class WatermarkDetector
{
    /// <summary>
    /// Most MAC checks of one detection, whatever the ring and the effort: 1000 · 2^−40 is a false-positive probability under 1e-9
    /// per picture.
    /// </summary>
    public const int MaxMacChecks = 1000;

    /// <summary>Shortest side that is looked at.</summary>
    public const int MinShortSide = 64;

    private readonly KeySchedule[] _schedules;
    private readonly int _tagBits;
    private readonly TimeProvider _time;

    /// <param name="ring">The keys to look for.</param>
    /// <param name="time">Measures time budgets; the system's where null.</param>
    public WatermarkDetector(WatermarkKeyRing ring, TimeProvider? time = null)
        : this(ring, KeySchedule.TagBits, time)
    {
    }

    /// <param name="ring">The keys to look for.</param>
    /// <param name="tagBits">Compares only so many bits of the tag, so that false positives become frequent enough to count.</param>
    /// <param name="time">Measures time budgets.</param>
    internal WatermarkDetector(WatermarkKeyRing ring, int tagBits, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(ring);
        _schedules = [.. ring.Keys.Select(key => new KeySchedule(key))];
        (_tagBits, _time) = (tagBits, time ?? TimeProvider.System);
    }

    /// <summary>Looks for a mark. The picture is not changed.</summary>
    public DetectResult Detect(PixelBuffer image, DetectEffort effort = DetectEffort.Fast, CancellationToken cancellationToken = default) =>
        Detect(image, new DetectOptions { Effort = effort }, cancellationToken);

    /// <inheritdoc cref="Detect(PixelBuffer, DetectEffort, CancellationToken)"/>
    /// <exception cref="OperationCanceledException">The caller cancelled. A time budget that ran out is a result.</exception>
    public DetectResult Detect(PixelBuffer image, DetectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        using var timer = options.TimeBudget is { } budget ? new CancellationTokenSource(budget, _time) : new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        using var detection = new Detection(_schedules, options.Effort, _tagBits, end.Token);
        try
        {
            return detection.Run(image);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return detection.OutOfTime();
        }
    }
}
