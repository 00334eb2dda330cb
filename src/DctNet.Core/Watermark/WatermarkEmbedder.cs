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

    /// <summary>Long side over short side of what is marked, at most: the tables for longer ones would take hundreds of times the picture's memory.</summary>
    public const int MaxAspect = 16;

    // Another mask than the usual one shows more, in flat areas or in texture: it is tried where the usual one leaves less margin than
    // this, and taken where it gives that much more.
    private const double EndangeredDb = 1;

    private readonly KeySchedule[] _schedules;
    private readonly KeySchedule _schedule;

    /// <param name="ring">The first key marks; of all of them older marks are taken out.</param>
    public WatermarkEmbedder(WatermarkKeyRing ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        _schedules = [.. ring.Keys.Select(key => new KeySchedule(key))];
        _schedule = _schedules[0];
    }

    /// <param name="key">Marks, and its own older marks are taken out.</param>
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
        options.Check();
        if (Refusal(image.Width, image.Height) is { } reason)
        {
            return Unmarked(id, reason);
        }

        var parent = Erase(image, replaced);
        using var lumas = new LumaSizes(image);
        using var draft = Draft(image, id, lumas, options);
        var (meanSquaredError, ssim) = draft.Cost;
        if (meanSquaredError == 0)
        {
            return Unmarked(id, "No visible pixel may change by as much as a grey level.") with { ParentId = parent };
        }

        draft.Write();
        var psnr = 10 * Math.Log10(255 * 255 / meanSquaredError);
        return new EmbedResult(true, null, id, _schedule.KeyId, psnr, ssim, draft.Gain, draft.MarginDb, parent);
    }

    /// <summary>Why a picture of this size is not marked; null where it is.</summary>
    public static string? Refusal(int width, int height)
    {
        var (least, most) = (Math.Min(width, height), Math.Max(width, height));
        return least < MinShortSide ? $"The short side is under {MinShortSide} px."
            : most > (long)MaxAspect * least ? $"The long side is over {MaxAspect} times the short one."
            : null;
    }

    private EmbedResult Unmarked(WatermarkId id, string reason) =>
        new(false, reason, id, _schedule.KeyId, double.PositiveInfinity, 1, 0, double.NegativeInfinity);

    /// <summary>The mark under the usual mask, or under one that saves it. Where strength is fixed, so is the mask.</summary>
    private MarkDraft Draft(PixelBuffer image, WatermarkId id, LumaSizes lumas, EmbedOptions options)
    {
        var luma = lumas.At(CarrierGrid.CanonicalShortSide);
        var tile = MarkTile.Synthesise(_schedule, id);
        var best = new MarkDraft(image, lumas, _schedule, id, tile, PerceptualMask.Of(luma, MaskShape.Balanced), options);
        if (best.MarginDb >= Math.Min(EndangeredDb, options.MarginDb) || options.MaxPsnrDb <= options.MinPsnrDb)
        {
            return best;
        }

        var needed = best.MarginDb + EndangeredDb;
        foreach (var shape in MaskShape.All[1..])
        {
            var other = new MarkDraft(image, lumas, _schedule, id, tile, PerceptualMask.Of(luma, shape), options);
            var better = other.MarginDb >= needed;
            (best, var worse) = better ? (other, best) : (best, other);
            needed = better ? other.MarginDb : needed;
            worse.Dispose();
        }

        return best;
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
}
