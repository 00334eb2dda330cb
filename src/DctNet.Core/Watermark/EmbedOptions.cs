namespace DctNet.Core.Watermark;

/// <summary>
/// Limits on what a mark may do to a picture. Within them each picture gets the weakest mark that can still be read, with a margin, after
/// a simulated resize to a half and JPEG 50 (WebP 45 at full size is no harder) and, over 1024 px, after JPEG 30 at full size; where none
/// can, the strongest allowed, and where even that is in danger, under another perceptual mask.
/// </summary>
public sealed record EmbedOptions
{
    /// <summary>Lowest peak signal-to-noise ratio allowed, in decibels (RGB, peak 255).</summary>
    public double MinPsnrDb { get; init; } = 42;

    /// <summary>
    /// Highest peak signal-to-noise ratio aimed at, in decibels: no mark is made weaker than this, however robust the picture. Equal
    /// to <see cref="MinPsnrDb"/> it fixes the strength.
    /// </summary>
    public double MaxPsnrDb { get; init; } = 46.5;

    /// <summary>Lowest structural similarity allowed (luma, Gaussian σ = 1.5, range 255).</summary>
    public double MinSsim { get; init; } = 0.99;

    /// <summary>
    /// How far above the decoding threshold the payload must be after the simulated edit, in decibels. One is for the difference
    /// between simulation and real encoders that was measured, the rest for what people do besides; README.md has the figures.
    /// </summary>
    public double MarginDb { get; init; } = 4;

    /// <exception cref="ArgumentException">A limit is no number, or one that nothing can keep.</exception>
    internal void Check()
    {
        if (double.IsNaN(MinPsnrDb) || double.IsNaN(MaxPsnrDb) || double.IsNaN(MarginDb) || MinSsim is not (>= 0 and <= 1))
        {
            throw new ArgumentException($"Limits must be numbers, and {nameof(MinSsim)} 0 to 1; they are {this}.");
        }
    }
}
