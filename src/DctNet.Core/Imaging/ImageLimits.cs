namespace DctNet.Core.Imaging;

/// <summary>What a picture may measure; checked on the header alone, before any pixel is decoded.</summary>
public sealed record ImageLimits
{
    /// <summary>
    /// Width times height. 50 million pixels take in every current phone and most cameras, and bound one decode to 200 MB of RGBA.
    /// </summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>The longer side in pixels: what every output format can hold. A needle of 1 × 50 million pixels does not pass.</summary>
    public int MaxSidePixels { get; init; } = 16_383;

    /// <summary>The shorter side in pixels. Below it nothing of a portrait is left to draw.</summary>
    public int MinSidePixels { get; init; } = 16;

    /// <summary>Null when the limits make sense; for checking configuration on start.</summary>
    public Failure? Validate()
    {
        // 4 bytes a pixel must fit one managed array.
        const long MaxMaxPixels = 500_000_000;
        return MaxPixels is < 1 or > MaxMaxPixels || MinSidePixels < 1 || MaxSidePixels < MinSidePixels
            ? new Failure(
                FailureCode.InvalidOption,
                $"Image limits need MaxPixels in 1..{MaxMaxPixels} and 1 <= MinSidePixels <= MaxSidePixels.")
            : null;
    }

    /// <summary>Null when these sizes are allowed. Order of the sides does not matter.</summary>
    internal Failure? Check(long width, long height)
    {
        if (Math.Max(width, height) > MaxSidePixels)
        {
            return new Failure(
                FailureCode.ImageTooLarge, $"The image is {width} x {height} pixels; no side may be longer than {MaxSidePixels}.");
        }

        if (width * height > MaxPixels)
        {
            return new Failure(
                FailureCode.ImageTooLarge, $"The image is {width} x {height} pixels; at most {MaxPixels} pixels in all are accepted.");
        }

        return Math.Min(width, height) < MinSidePixels
            ? new Failure(
                FailureCode.ImageTooSmall, $"The image is {width} x {height} pixels; each side must be at least {MinSidePixels}.")
            : null;
    }
}
