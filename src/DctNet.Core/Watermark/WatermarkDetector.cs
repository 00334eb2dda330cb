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

    public WatermarkDetector(WatermarkKeyRing ring)
        : this(ring, KeySchedule.TagBits)
    {
    }

    /// <param name="ring">The keys to look for.</param>
    /// <param name="tagBits">Compares only so many bits of the tag, so that false positives become frequent enough to count.</param>
    internal WatermarkDetector(WatermarkKeyRing ring, int tagBits)
    {
        ArgumentNullException.ThrowIfNull(ring);
        _schedules = [.. ring.Keys.Select(key => new KeySchedule(key))];
        _tagBits = tagBits;
    }

    /// <summary>Looks for a mark. The picture is not changed.</summary>
    public DetectResult Detect(PixelBuffer image, DetectEffort effort = DetectEffort.Fast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var detection = new Detection(_schedules, effort, _tagBits, cancellationToken);
        return detection.Run(image);
    }
}
