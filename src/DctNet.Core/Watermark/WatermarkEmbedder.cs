using System.Numerics.Tensors;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>
/// Writes marks with the first key of a ring, and takes out older ones of any of its keys. Immutable and safe for concurrent use; the
/// tables of the keys are derived once.
/// </summary>
public sealed class WatermarkEmbedder
{
    /// <summary>Shortest side that is marked: below it the tile is not repeated often enough to survive anything.</summary>
    public const int MinShortSide = 192;

    /// <summary>Mean squared error of rounding to whole grey levels.</summary>
    private const double RoundingError = 1.0 / 12;

    // The edits strength is planned for: a resize to a half and JPEG 50; and for large pictures, whose mark is so slow that a JPEG
    // block at full size hardly sees it, JPEG 30 as they are. Beyond 2048 px the simulation is made at 2048, to bound its time.
    private const int HalvedQuality = 50;
    private const int FullQuality = 30;
    private const int LargeShortSide = 1024;
    private const int MaxPlannedShortSide = 2048;

    private readonly KeySchedule[] _schedules;
    private readonly KeySchedule _schedule;

    public WatermarkEmbedder(WatermarkKeyRing ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        _schedules = [.. ring.Keys.Select(key => new KeySchedule(key))];
        _schedule = _schedules[0];
    }

    public WatermarkEmbedder(WatermarkKey key)
        : this(new WatermarkKeyRing(key))
    {
    }

    /// <summary>
    /// Marks the pixels in place: the same amount is added to red, green and blue, so only luma changes. Fully transparent pixels
    /// stay as they are.
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <param name="id">What to write.</param>
    /// <param name="options">Limits; the defaults where null.</param>
    /// <param name="replaced">
    /// What a detector of the same ring found in this very picture. A mark there is taken out first, so that the new id wins, and its id is
    /// returned as <see cref="EmbedResult.ParentId"/>.
    /// </param>
    public EmbedResult Embed(PixelBuffer image, WatermarkId id, EmbedOptions? options = null, DetectResult? replaced = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        options ??= new EmbedOptions();
        var shortSide = Math.Min(image.Width, image.Height);
        if (shortSide < MinShortSide)
        {
            var reason = $"The short side is under {MinShortSide} px.";
            return new EmbedResult(false, reason, id, _schedule.KeyId, double.PositiveInfinity, 1, 0, double.NegativeInfinity);
        }

        var parent = Erase(image, replaced);
        var tile = MarkTile.Synthesise(_schedule, id);
        using var luma = CanonicalPicture.Of(image);
        using var mask = PerceptualMask.Of(luma);
        using var field = new MarkField(tile, mask, image.Width, image.Height);
        using var writer = new MarkWriter(image, field);

        var maskPower = TensorPrimitives.SumOfSquares<float>(mask.Span) / mask.Span.Length;
        var (weakest, strongest) = (Gain(options.MaxPsnrDb, maskPower), Gain(options.MinPsnrDb, maskPower));
        var (wanted, margin) = Plan(shortSide / 2, HalvedQuality, weakest);
        if (shortSide > LargeShortSide)
        {
            (wanted, var fullMargin) = Plan(shortSide, FullQuality, wanted);
            margin = Math.Min(margin, fullMargin);
        }

        var gain = writer.LimitBySsim(wanted, options.MinSsim);
        var (meanSquaredError, ssim) = writer.Write(gain);

        // Where SSIM asked for less, the signal lost its square.
        margin += 20 * Math.Log10(gain / wanted);
        var psnr = meanSquaredError == 0 ? double.PositiveInfinity : 10 * Math.Log10(255 * 255 / meanSquaredError);
        return new EmbedResult(true, null, id, _schedule.KeyId, psnr, ssim, gain, margin, parent);

        (float Gain, double MarginDb) Plan(int editedShortSide, int quality, float atLeast)
        {
            var editedTo = Math.Min(editedShortSide, MaxPlannedShortSide);
            using var planner = new StrengthPlanner(image, _schedule, id, tile, mask, editedTo, quality);
            return planner.Choose(atLeast, strongest, options.MarginDb);
        }
    }

    private WatermarkId? Erase(PixelBuffer image, DetectResult? replaced)
    {
        if (replaced is not { Id: { } id, Transform: { } transform })
        {
            return null;
        }

        var schedule = Array.Find(_schedules, schedule => schedule.KeyId == replaced.KeyId)
            ?? throw new ArgumentException("The mark to replace was made with a key that is not in the ring.", nameof(replaced));
        MarkEraser.Erase(image, schedule, id, transform);
        return id;
    }

    /// <summary>The gain that costs a given PSNR where nothing clips.</summary>
    private static float Gain(double psnrDb, double maskPower)
    {
        var allowedError = 255 * 255 / Math.Pow(10, psnrDb / 10);
        return (float)Math.Sqrt(Math.Max(0, allowedError - RoundingError) / maskPower);
    }
}
