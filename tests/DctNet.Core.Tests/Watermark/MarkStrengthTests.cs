using DctNet.Core.Imaging;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>What decides on the strength of a mark, and of one that is taken out, against its definition.</summary>
public sealed class MarkStrengthTests
{
    private static readonly KeySchedule s_schedule = new(TestKeys.Counting);
    private static readonly WatermarkId s_id = new(0x0123_4567_89ab_cdef);
    private static readonly float[] s_tile = MarkTile.Synthesise(s_schedule, s_id);

    [Theory]
    [InlineData(37, 29, 3)]
    [InlineData(37, 29, 4)]
    [InlineData(64, 40, 4)]
    [InlineData(53, 51, 4)]
    public void The_simulated_picture_has_the_mark_where_it_is_opaque(int width, int height, int channels)
    {
        using var image = new PixelBuffer(2 * width, 2 * height, channels);
        new Random(width).NextBytes(image.Span);
        using var luma = Planes.Random(width, height, 1);
        using var mask = Mask(width, height);
        using var planner = new StrengthPlanner(luma, image, s_schedule, s_id, s_tile, mask, 50);
        using var marked = new Plane(width, height);

        planner.Mark(1.7f, marked);

        // Sums up to 300, to 2⁻²⁴ of them.
        using var expected = NaiveMarked(luma, image, mask, 1.7f);
        Assert.All(Enumerable.Range(0, width * height), i => Assert.Equal(expected.Span[i], marked.Span[i], 1e-4f));
    }

    [Theory]
    [InlineData(1.5f)]
    [InlineData(3)]
    public void The_margin_is_of_the_soft_bits_after_the_edit(float gain)
    {
        const int Quality = 50;
        using var image = MarkPictures.Cartoon(400, 460, channels: 4);
        for (var i = 3; i < image.Length / 3; i += 4)
        {
            image.Span[i] = (byte)(i % 256);
        }

        using var luma = CanonicalPicture.Of(image, 200);
        using var mask = Mask(luma.Width, luma.Height);
        using var planner = new StrengthPlanner(luma, image, s_schedule, s_id, s_tile, mask, Quality);

        var margin = planner.MarginDb(gain);

        // A coefficient that rounding takes to the other step changes a few bits of 512 in their last digits.
        Assert.InRange(margin, -15, 15);
        Assert.Equal(NaiveMarginDb(luma, image, mask, gain, Quality), margin, 0.01);
    }

    [Fact]
    public void A_robust_picture_gets_the_gain_that_the_power_of_its_mask_allows()
    {
        const double MaxPsnrDb = 49;
        using var image = MarkPictures.Cartoon(300, 257);
        using var lumas = new LumaSizes(image);

        // Larger by a row and a column than the picture's own, so that what is there has power and does no harm.
        var mask = Planes.Random(599, 513, 7);
        var meanSquare = 0.0;
        for (var i = 0; i < mask.Span.Length; i++)
        {
            // The last fifteen, less than a vector, have half of the power: sums that leave them out are far off.
            mask.Span[i] = i < mask.Span.Length - 15 ? 0.5f + mask.Span[i] / 255 : 150;
            meanSquare += (double)mask.Span[i] * mask.Span[i] / mask.Span.Length;
        }

        var options = new EmbedOptions { MinPsnrDb = 40, MaxPsnrDb = MaxPsnrDb, MinSsim = 0, MarginDb = -1000 };
        using var draft = new MarkDraft(image, lumas, s_schedule, s_id, s_tile, mask, options);

        // The sum's partial sums add up a few thousand squares, each addition to 2⁻²⁴ one way or the other: 4e-6, and half of that of the root.
        var gain = Math.Sqrt((255 * 255 / Math.Pow(10, MaxPsnrDb / 10) - 1 / 12.0) / meanSquare);
        Assert.Equal(gain, draft.Gain, 1e-5 * gain);
    }

    [Theory]
    [InlineData(5, 3, 1.5f)]
    [InlineData(37, 29, 0)]
    [InlineData(37, 29, 1.5f)]
    [InlineData(64, 40, 2)]
    [InlineData(53, 51, 8)]
    public void A_mark_taken_out_correlates_as_the_sum_of_products(int width, int height, float gain)
    {
        using var luma = Planes.Random(width, height, 5);
        using var field = Planes.Random(width, height, 6);
        using var rest = new Plane(width, height);
        for (var i = 0; i < field.Span.Length; i++)
        {
            field.Span[i] = field.Span[i] / 64 - 2;
            rest.Span[i] = luma.Span[i] - gain * field.Span[i];
        }

        GuidedResidual.Replace(rest);
        var (sum, norm) = (0.0, 0.0);
        for (var i = 0; i < field.Span.Length; i++)
        {
            sum += (double)rest.Span[i] * field.Span[i];
            norm += (double)field.Span[i] * field.Span[i];
        }

        // The residual is told from grey levels rounded to 2⁻¹⁷, and so no better than to some 1e-5; of thousands, the root adds up. A single
        // product is some thirtieth of the norm.
        Assert.Equal(sum, MarkEraser.Correlation(luma, field, gain), 1e-3 * Math.Sqrt(norm));
    }

    /// <summary>For a picture of some size, 1 to 3.</summary>
    private static Plane Mask(int width, int height)
    {
        var scale = (double)CarrierGrid.CanonicalShortSide / Math.Min(width, height);
        var mask = Planes.Random((int)Math.Round(width * scale), (int)Math.Round(height * scale), 4);
        foreach (ref var value in mask.Span)
        {
            value = 1 + value / 128;
        }

        return mask;
    }

    /// <summary>Of a picture twice as large as its luma.</summary>
    private static Plane NaiveMarked(Plane luma, PixelBuffer image, Plane mask, float gain)
    {
        var marked = new Plane(luma.Width, luma.Height);
        using var field = new MarkField(s_tile, mask, luma.Width, luma.Height);
        var row = new float[luma.Width];
        for (var y = 0; y < luma.Height; y++)
        {
            field.Row(y, row);
            for (var x = 0; x < luma.Width; x++)
            {
                var opacity = 1.0;
                if (image.Channels == 4)
                {
                    var above = image.Row(2 * y).Slice(8 * x, 8);
                    var below = image.Row(2 * y + 1).Slice(8 * x, 8);
                    opacity = (above[3] + above[7] + below[3] + below[7]) / (4 * 255.0);
                }

                marked.Row(y)[x] = (float)(luma.Row(y)[x] + gain * opacity * row[x]);
            }
        }

        return marked;
    }

    private static double NaiveMarginDb(Plane luma, PixelBuffer image, Plane mask, float gain, int quality)
    {
        using var edited = NaiveMarked(luma, image, mask, gain);
        JpegSimulation.Apply(edited, quality);
        using var plane = Resampler.Resize(new PlaneRows(edited), mask.Width, mask.Height);
        GuidedResidual.Replace(plane);
        using var spectrum = ResidualSpectrum.Of(plane);
        var (pool, originX, originY) = s_schedule.Placement(s_id);
        var peak = new PilotPeak(0, pool, 0, originX - plane.Width / 2, originY - plane.Height / 2);
        var llr = new float[PolarCode.Length];
        PayloadDecoder.SoftBits([LatticeSample.Take(spectrum, LatticePose.Identity)], s_schedule, peak, llr);
        var code = new byte[PolarCode.Length];
        PolarCode.Encode(s_schedule.Payload(s_id), code);
        double[] right = [.. llr.Zip(code, (value, bit) => bit == 0 ? value : -(double)value)];
        var mean = right.Average();
        var variance = right.Average(value => (value - mean) * (value - mean));

        // Half of the frames are read at 0.40.
        return 10 * Math.Log10(mean * mean / variance / 0.4);
    }
}
