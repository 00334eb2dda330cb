using System.Numerics.Tensors;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>The mark of an id for one picture under one mask, at the strength that the limits allow and the edits need.</summary>
internal sealed class MarkDraft : IDisposable
{
    /// <summary>The tile of one id has a little more power under a mask than another's. Starting this far above the limit saves most second tries.</summary>
    private const double SpreadDb = 0.03;

    // The edits strength is planned for: a resize to a half and JPEG 50; and for large pictures, whose mark is so slow that a JPEG
    // block at full size hardly sees it, JPEG 30 as they are. Beyond 2048 px the simulation is made at 2048, to bound its time.
    private const int HalvedQuality = 50;
    private const int FullQuality = 30;
    private const int LargeShortSide = 1024;
    private const int MaxPlannedShortSide = 2048;

    private readonly Plane _mask;
    private readonly MarkField _field;
    private readonly MarkWriter _writer;

    /// <param name="image">The picture to be marked.</param>
    /// <param name="lumas">The luma of that picture.</param>
    /// <param name="schedule">The key's tables.</param>
    /// <param name="id">The id to be written.</param>
    /// <param name="tile">The tile of that id.</param>
    /// <param name="mask">The mask of the canonical picture; disposed with this.</param>
    /// <param name="options">The limits.</param>
    public MarkDraft(
        PixelBuffer image, LumaSizes lumas, KeySchedule schedule, WatermarkId id, float[] tile, Plane mask, EmbedOptions options)
    {
        _mask = mask;
        _field = new MarkField(tile, mask, image.Width, image.Height);
        _writer = new MarkWriter(image, _field);

        var shortSide = Math.Min(image.Width, image.Height);
        using var halved = new StrengthPlanner(Planned(shortSide / 2), image, schedule, id, tile, mask, HalvedQuality);
        using var full = shortSide > LargeShortSide
            ? new StrengthPlanner(Planned(shortSide), image, schedule, id, tile, mask, FullQuality)
            : null;

        var maskPower = TensorPrimitives.SumOfSquares<float>(mask.Span) / mask.Span.Length;
        var (weakest, strongest) = (GainOf(options.MaxPsnrDb, maskPower), GainOf(options.MinPsnrDb + SpreadDb, maskPower));
        (var wanted, MarginDb) = halved.Choose(weakest, strongest, options.MarginDb);
        if (full is not null)
        {
            (wanted, var margin) = full.Choose(wanted, strongest, options.MarginDb);
            MarginDb = Math.Min(MarginDb, margin);
        }

        (Gain, Cost) = _writer.Limit(wanted, SquaredErrorOf(options.MinPsnrDb), options.MinSsim);
        if (Gain < wanted)
        {
            MarginDb = Math.Min(halved.MarginDb(Gain), full?.MarginDb(Gain) ?? double.PositiveInfinity);
        }

        Plane Planned(int side) => lumas.At(Math.Min(side, MaxPlannedShortSide));
    }

    /// <summary>Root mean square of the mark in flat areas, in grey levels.</summary>
    public float Gain { get; }

    /// <summary>See <see cref="EmbedResult.MarginDb"/>.</summary>
    public double MarginDb { get; }

    /// <summary>What the picture pays.</summary>
    public MarkCost Cost { get; }

    /// <summary>Marks the picture.</summary>
    public void Write() => _writer.Write(Gain);

    public void Dispose()
    {
        _writer.Dispose();
        _field.Dispose();
        _mask.Dispose();
    }

    /// <summary>The gain that costs a given PSNR where nothing clips.</summary>
    private static float GainOf(double psnrDb, double maskPower) =>
        (float)Math.Sqrt(Math.Max(0, SquaredErrorOf(psnrDb) - MarkWriter.RoundingError) / maskPower);

    private static double SquaredErrorOf(double psnrDb) => 255 * 255 / Math.Pow(10, psnrDb / 10);
}
