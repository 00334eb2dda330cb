using DctNet.Core.Imaging;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class EmbeddingTests
{
    private static readonly WatermarkId s_id = new(0x0123_4567_89ab_cdef);
    private static readonly WatermarkEmbedder s_embedder = new(TestKeys.Counting);
    private static readonly WatermarkDetector s_detector = new(new WatermarkKeyRing(TestKeys.Counting));

    [Theory]
    [InlineData(512, 512)]
    [InlineData(192, 300)]
    [InlineData(1024, 701)]
    [InlineData(400, 900)]
    public void The_answer_states_the_true_distortion(int width, int height)
    {
        using var original = MarkPictures.Cartoon(width, height);
        using var marked = original.Clone();

        var result = s_embedder.Embed(marked, s_id);

        Assert.True(result.Marked);
        Assert.Null(result.Reason);
        Assert.Equal(TestKeys.Counting.Id, result.KeyId);
        Assert.Equal(NaivePsnr(original, marked), result.PsnrDb, 1e-6);
        Assert.InRange(result.PsnrDb, 42, 50);
        Assert.InRange(result.Ssim, 0.99, 1);
        Assert.Equal(s_id, s_detector.Look(marked).Id);
    }

    [Fact]
    public void Only_luma_changes_where_nothing_clips()
    {
        using var original = MarkPictures.Cartoon();
        using var marked = original.Clone();
        Assert.True(s_embedder.Embed(marked, s_id).Marked);
        Assert.False(original.Span.SequenceEqual(marked.Span));

        for (var i = 0; i < original.Length; i += 3)
        {
            var steps = Enumerable.Range(i, 3).Select(c => marked.Span[c] - original.Span[c]).Distinct().Count();
            var clipped = Enumerable.Range(i, 3).Any(c => marked.Span[c] is 0 or 255);
            Assert.True(steps == 1 || clipped);
        }
    }

    [Fact]
    public void Transparent_pixels_and_all_alpha_stay_as_they_are()
    {
        using var original = MarkPictures.Cartoon(channels: 4);
        for (var y = 100; y < 400; y++)
        {
            for (var x = 0; x < 150; x++)
            {
                original.Row(y)[4 * x + 3] = 0;
            }
        }

        using var marked = original.Clone();
        Assert.True(s_embedder.Embed(marked, s_id).Marked);

        var changed = 0;
        for (var i = 0; i < original.Length; i += 4)
        {
            var same = marked.Span.Slice(i, 3).SequenceEqual(original.Span.Slice(i, 3));
            Assert.True(same || original.Span[i + 3] != 0);
            Assert.Equal(original.Span[i + 3], marked.Span[i + 3]);
            changed += same ? 0 : 1;
        }

        Assert.InRange(changed, original.Width * original.Height / 4, original.Width * original.Height);
        Assert.Equal(s_id, s_detector.Look(marked).Id);
    }

    [Theory]
    [InlineData(191, 400)]
    [InlineData(3000, 20)]
    [InlineData(1, 1)]
    public void Pictures_that_are_too_small_are_left_alone_and_the_answer_says_so(int width, int height)
    {
        using var original = MarkPictures.Cartoon(width, height);
        using var marked = original.Clone();

        var result = s_embedder.Embed(marked, s_id);

        Assert.False(result.Marked);
        Assert.Contains("192", result.Reason, StringComparison.Ordinal);
        Assert.True(original.Span.SequenceEqual(marked.Span));
        Assert.False(s_detector.Look(marked).Found);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    [InlineData(255)]
    public void A_picture_of_one_grey_level_can_be_marked(byte level)
    {
        using var picture = new PixelBuffer(512, 512, 3);
        picture.Span.Fill(level);
        using var original = picture.Clone();

        var result = s_embedder.Embed(picture, s_id);

        // In black and white half of the mark is clipped; what is left of it counts.
        Assert.Equal(NaivePsnr(original, picture), result.PsnrDb, 1e-6);
        Assert.InRange(result.Ssim, 0.99, 0.99999);
        Assert.Equal(s_id, s_detector.Look(picture).Id);
    }

    [Fact]
    public async Task One_embedder_and_detector_serve_many_threads_and_always_do_the_same()
    {
        using var original = MarkPictures.Cartoon(300, 260);
        using var expected = original.Clone();
        s_embedder.Embed(expected, s_id);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var marked = original.Clone();
            s_embedder.Embed(marked, s_id);
            Assert.True(expected.Span.SequenceEqual(marked.Span));
            Assert.Equal(s_id, s_detector.Look(marked).Id);
        })));
    }

    [Theory]
    [InlineData(43)]
    [InlineData(49)]
    public void Equal_limits_fix_the_strength(double psnrDb)
    {
        using var picture = MarkPictures.Cartoon(900, 900);

        var result = s_embedder.Embed(picture, s_id, new EmbedOptions { MinPsnrDb = psnrDb, MaxPsnrDb = psnrDb, MinSsim = 0.9 });

        Assert.InRange(result.PsnrDb, psnrDb, psnrDb + 0.3);
    }

    [Fact]
    public void A_robust_picture_gets_a_weaker_mark_than_a_fragile_one()
    {
        using var large = MarkPictures.Cartoon(1000, 1000);
        using var small = MarkPictures.Cartoon(420, 420);

        var options = new EmbedOptions { MaxPsnrDb = 50 };
        var (robust, fragile) = (s_embedder.Embed(large, s_id, options), s_embedder.Embed(small, s_id, options));

        Assert.True(robust.PsnrDb > fragile.PsnrDb + 1);
        Assert.InRange(robust.MarginDb, new EmbedOptions().MarginDb, 40);
    }

    [Fact]
    public void A_margin_that_cannot_be_had_gets_the_strongest_mark_allowed_and_the_answer_says_so()
    {
        using var picture = MarkPictures.Cartoon(420, 420);
        var options = new EmbedOptions { MarginDb = 30 };

        var result = s_embedder.Embed(picture, s_id, options);

        Assert.True(result.Marked);
        Assert.InRange(result.MarginDb, -40, 29.9);
        Assert.True(result.PsnrDb < options.MinPsnrDb + 0.3 || result.Ssim < options.MinSsim + 0.001);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void All_of_the_similarity_allowed_is_used_and_no_more_whichever_rows_lose_most_of_it(bool grainAbove)
    {
        // Flat in some rows, and grain, which hides a mark, in the others.
        using var picture = MarkPictures.Noise(512, 512, 7);
        for (var y = 0; y < picture.Height; y++)
        {
            if (y % 64 < 16 != grainAbove)
            {
                picture.Row(y).Fill(128);
            }
        }

        var result = s_embedder.Embed(picture, s_id, new EmbedOptions { MarginDb = 60, MinPsnrDb = 25, MaxPsnrDb = 46 });

        Assert.InRange(result.Ssim, 0.99, 0.9905);
    }

    [Theory]
    [InlineData(42, 1)]
    [InlineData(double.PositiveInfinity, 0.99)]
    public void Limits_that_allow_nothing_leave_the_picture_as_it_is(double minPsnrDb, double minSsim)
    {
        using var original = MarkPictures.Cartoon(300, 260);
        using var picture = original.Clone();

        var result = s_embedder.Embed(picture, s_id, new EmbedOptions { MinPsnrDb = minPsnrDb, MaxPsnrDb = double.PositiveInfinity, MinSsim = minSsim });

        Assert.True(picture.Span.SequenceEqual(original.Span));
        Assert.False(result.Marked);
        Assert.NotNull(result.Reason);
    }

    [Theory]
    [InlineData(double.NaN, 42)]
    [InlineData(99, 42)]
    [InlineData(0.99, double.NaN)]
    public void Limits_that_are_none_are_refused(double minSsim, double minPsnrDb)
    {
        using var picture = MarkPictures.Cartoon();

        Assert.Throws<ArgumentException>(() => s_embedder.Embed(picture, s_id, new EmbedOptions { MinSsim = minSsim, MinPsnrDb = minPsnrDb }));
    }

    [Fact]
    public void A_picture_of_which_nothing_is_seen_is_not_said_to_be_marked()
    {
        using var picture = new PixelBuffer(300, 300, 4);
        picture.Span.Clear();

        var result = s_embedder.Embed(picture, s_id);

        Assert.False(result.Marked);
        Assert.NotNull(result.Reason);
    }

    [Fact]
    public void A_cut_out_gets_a_mark_that_does_without_what_is_transparent()
    {
        using var cutOut = MarkPictures.Cartoon(700, 700, channels: 4);
        using var flat = MarkPictures.Cartoon(700, 700);
        for (var y = 0; y < flat.Height; y++)
        {
            for (var x = 0; x < flat.Width; x++)
            {
                if (Math.Pow(x - 350, 2) + Math.Pow(y - 350, 2) > 230 * 230)
                {
                    cutOut.Row(y)[(4 * x) + 3] = 0;
                    flat.Row(y).Slice(3 * x, 3).Fill(255);
                }
            }
        }

        // Over white the two look alike, but one may be marked everywhere.
        var (some, all) = (s_embedder.Embed(cutOut, s_id), s_embedder.Embed(flat, s_id));

        Assert.True(some.Strength > 1.1 * all.Strength, $"{some.Strength} beside {all.Strength}");
        using var edited = cutOut.Edit(image =>
        {
            using var half = image.Resize(0.5);
            return NetVips.Image.NewFromBuffer(half.JpegsaveBuffer(q: 50));
        });
        Assert.Equal(s_id, s_detector.Look(edited).Id);
    }

    [Fact]
    public void A_strip_that_is_too_long_is_left_alone_and_the_answer_says_so()
    {
        using var original = MarkPictures.Cartoon(3400, 200);
        using var picture = original.Clone();

        var result = s_embedder.Embed(picture, s_id);

        Assert.False(result.Marked);
        Assert.Contains("16 times", result.Reason, StringComparison.Ordinal);
        Assert.True(picture.Span.SequenceEqual(original.Span));
    }

    [Fact]
    public void No_id_goes_beyond_the_limits()
    {
        using var original = MarkPictures.Cartoon(420, 420);
        var options = new EmbedOptions { MarginDb = 30, MinSsim = 0.95 };
        for (var id = 1ul; id <= 60; id++)
        {
            using var marked = original.Clone();
            var result = s_embedder.Embed(marked, new WatermarkId(id), options);

            Assert.InRange(NaivePsnr(original, marked), options.MinPsnrDb, options.MinPsnrDb + 0.3);
            Assert.InRange(result.Ssim, options.MinSsim, 1);
        }
    }

    [Theory]
    [InlineData(1, 640)]
    [InlineData(2, 700)]
    [InlineData(3, 800)]
    public void What_the_margin_promises_holds_with_the_real_encoder(int seed, int side)
    {
        using var picture = MarkPictures.Cartoon(side, side, seed);
        var result = s_embedder.Embed(picture, s_id);
        Assert.InRange(result.MarginDb, 0, 40);

        using var edited = picture.Edit(image =>
        {
            using var half = image.Resize(0.5);
            return NetVips.Image.NewFromBuffer(half.JpegsaveBuffer(q: 50));
        });

        Assert.Equal(s_id, s_detector.Look(edited).Id);
    }

    private static double NaivePsnr(PixelBuffer a, PixelBuffer b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (a.Span[i] - b.Span[i]) * (a.Span[i] - b.Span[i]);
        }

        return 10 * Math.Log10(255.0 * 255.0 * a.Length / sum);
    }
}
