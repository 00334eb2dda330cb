using DctNet.Core.Watermark;
using DctNet.Evaluation;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class DetectionTests
{
    private static readonly WatermarkId s_id = new(0xfeed_beef_0bad_cafe);
    private static readonly WatermarkEmbedder s_embedder = new(TestKeys.Counting);
    private static readonly WatermarkDetector s_detector = new(new WatermarkKeyRing(TestKeys.Counting));

    /// <summary>Attacks that the fast path must undo.</summary>
    public static TheoryData<string> EverydayEdits =>
        ["none", "jpeg-70", "webp-80", "resize-0.5", "resize-2", "turn-90", "mirror", "crop-50"];

    [Theory]
    [MemberData(nameof(EverydayEdits))]
    public void A_marked_cartoon_is_recognised_after(string edit)
    {
        foreach (var (width, height, seed) in new[] { (512, 512, 1), (768, 1024, 2), (900, 600, 3) })
        {
            using var marked = MarkPictures.Cartoon(width, height, seed);
            s_embedder.Embed(marked, s_id);
            using var edited = marked.Attacked(edit);

            Assert.Equal(s_id, s_detector.Look(edited).Id);
        }
    }

    [Fact]
    public void Photos_and_cartoons_are_recognised_after_everyday_edits()
    {
        Assert.SkipWhen(MarkPictures.SharedFolder is null, "The folder shared/data/watermark-images is not beside the repository.");
        var missed = new List<string>();
        var files = Directory.GetFiles(MarkPictures.SharedFolder!, "*.png");
        foreach (var file in files)
        {
            using var marked = MarkPictures.Load(file);
            var result = s_embedder.Embed(marked, s_id);
            Assert.InRange(result.PsnrDb, 42, 60);
            Assert.InRange(result.Ssim, 0.99, 1);
            foreach (string name in EverydayEdits)
            {
                using var edited = marked.Attacked(name);
                if (s_detector.Look(edited).Id != s_id)
                {
                    missed.Add($"{Path.GetFileName(file)} after {name}");
                }
            }
        }

        // A hundred pictures times edits at least, for a share of a hundredth to say something.
        Assert.InRange(files.Length * EverydayEdits.Count, 100, int.MaxValue);
        Assert.True(missed.Count <= files.Length * EverydayEdits.Count / 100, string.Join(Environment.NewLine, missed));
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 90, false)]
    [InlineData(2, 180, false)]
    [InlineData(3, -90, false)]
    [InlineData(0, 0, true)]
    [InlineData(1, 90, true)]
    public void The_transform_tells_turns_and_mirrors(int quarters, double degrees, bool mirrored)
    {
        using var marked = MarkPictures.Cartoon(640, 512);
        s_embedder.Embed(marked, s_id);
        using var edited = marked.Edit(image =>
        {
            using var flipped = mirrored ? image.FlipHor() : image.Copy();
            return quarters switch { 1 => flipped.Rot90(), 2 => flipped.Rot180(), 3 => flipped.Rot270(), _ => flipped.Copy() };
        });

        var result = s_detector.Look(edited);

        Assert.Equal(DetectPath.Direct, result.Path);
        Assert.NotNull(result.Transform);
        Assert.Equal(mirrored, result.Transform.Mirrored);
        Assert.Equal(0, Math.IEEERemainder(degrees - result.Transform.RotationDegrees, 360), 0.1);
        Assert.Equal(1, result.Transform.Scale, 0.002);
        Assert.Equal(1, result.Transform.Aspect, 0.002);
    }

    [Fact]
    public void The_transform_tells_scale_and_angle_of_the_full_search()
    {
        using var marked = MarkPictures.Cartoon(768, 768);
        s_embedder.Embed(marked, s_id);
        using var edited = marked.Edit(image =>
        {
            using var turned = image.Rotate(17, background: [90, 90, 90]);
            return turned.Resize(0.8);
        });

        Assert.False(s_detector.Look(edited).Found);
        var result = s_detector.Look(edited, DetectEffort.Full);

        Assert.Equal(s_id, result.Id);
        Assert.Equal(DetectPath.Rotation, result.Path);
        Assert.Equal(17, result.Transform!.RotationDegrees, 0.2);
        Assert.Equal(0.8 * 768 / 512, result.Transform.Scale, 0.005);
    }

    [Fact]
    public void A_changed_aspect_ratio_is_found_and_told()
    {
        using var marked = MarkPictures.Cartoon(700, 700);
        s_embedder.Embed(marked, s_id);
        using var edited = marked.Edit(image => image.Resize(1.15, vscale: 1));

        var result = s_detector.Look(edited, DetectEffort.Full);

        Assert.Equal(s_id, result.Id);
        Assert.Equal(1.15, result.Transform!.Aspect, 0.01);
    }

    [Fact]
    public void A_sheared_picture_is_found()
    {
        using var marked = MarkPictures.Cartoon(700, 700);
        s_embedder.Embed(marked, s_id);
        using var edited = marked.Attacked("shear-5");

        var result = s_detector.Look(edited, DetectEffort.Full);

        Assert.Equal(s_id, result.Id);
        Assert.Equal(0.0875, result.Transform!.M12 / result.Transform.M22, 0.01);
    }

    [Fact]
    public void A_quarter_of_a_collage_is_found_and_its_place_told()
    {
        const int ChecksBefore = 14 * 16;
        using var marked = MarkPictures.Cartoon(800, 800);
        s_embedder.Embed(marked, s_id);
        using var rest = MarkPictures.Noise(1632, 1632, 7);
        using var collage = rest.Edit(image => image.Insert(VipsConversion.ToRgb(marked), 824, 8).Resize(0.5));
        using var compressed = collage.Attacked("jpeg-50");

        var result = s_detector.Look(compressed, DetectEffort.Full);

        Assert.Equal(s_id, result.Id);
        Assert.True(result.MacChecks > ChecksBefore, "Found in the whole picture: this shows nothing of quarters.");
        Assert.Equal(0.5 * 800 / 512, result.Transform!.Scale, 0.005);
        var period = TransformEstimate.Period * result.Transform.Scale;
        Assert.Equal(0, Math.IEEERemainder(result.Transform.OffsetX - 0.5 * 824, period), 1.5);
        Assert.Equal(0, Math.IEEERemainder(result.Transform.OffsetY - 0.5 * 8, period), 1.5);
    }

    [Fact]
    public void Every_key_of_a_ring_detects_and_other_keys_do_not()
    {
        var (old, current, foreign) = (TestKeys.Numbered(1), TestKeys.Numbered(2), TestKeys.Numbered(3));
        var detector = new WatermarkDetector(new WatermarkKeyRing(current, old));
        foreach (var (key, found) in new[] { (old, true), (current, true), (foreign, false) })
        {
            using var picture = MarkPictures.Cartoon();
            new WatermarkEmbedder(key).Embed(picture, s_id);

            var result = detector.Look(picture);

            Assert.Equal(found, result.Found);
            Assert.Equal(found ? key.Id : null, result.KeyId);
            Assert.Equal(found ? s_id : null, result.Id);
        }
    }

    [Fact]
    public void Not_found_says_how_far_it_looked()
    {
        using var picture = MarkPictures.Cartoon();

        var fast = s_detector.Look(picture);
        var full = s_detector.Look(picture, DetectEffort.Full);

        Assert.False(fast.Found);
        Assert.Null(fast.Transform);
        Assert.Equal(DetectPath.Scale, fast.Path);
        Assert.False(full.Found);
        Assert.Equal(DetectPath.Aspect, full.Path);
        Assert.Equal(full.MaxMacChecks, full.MacChecks);
        Assert.Equal(full.MaxMacChecks * Math.Pow(2, -40), full.FalsePositiveBound);
        Assert.InRange(full.FalsePositiveBound, 0, 1e-9);
    }

    [Fact]
    public void A_full_ring_stays_within_the_limit_of_mac_checks()
    {
        using var picture = MarkPictures.Noise(300, 300, 5);
        var ring = new WatermarkKeyRing(Enumerable.Range(1, WatermarkKeyRing.MaxKeys).Select(TestKeys.Numbered));

        var result = new WatermarkDetector(ring).Look(picture, DetectEffort.Full);

        Assert.False(result.Found);
        Assert.Equal(result.MaxMacChecks, result.MacChecks);
        Assert.InRange(result.MacChecks, 1, WatermarkDetector.MaxMacChecks);
        Assert.InRange(result.FalsePositiveBound, 0, 1e-9);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(WatermarkKeyRing.MaxKeys)]
    public void Many_keys_leave_checks_for_every_step_of_the_full_search(int keys)
    {
        var ring = new WatermarkKeyRing(Enumerable.Range(1, keys).Select(TestKeys.Numbered));
        foreach (var (edit, path) in new[] { ("rotate-5", DetectPath.Rotation), ("aspect-0.8", DetectPath.Aspect) })
        {
            using var marked = MarkPictures.Cartoon(700, 640);
            new WatermarkEmbedder(TestKeys.Numbered(keys)).Embed(marked, s_id);
            using var picture = marked.Attacked(edit);

            var result = new WatermarkDetector(ring).Look(picture, DetectEffort.Full);

            Assert.Equal((s_id, path), (result.Id, result.Path));
        }
    }

    [Fact]
    public void A_banner_is_found_by_its_middle_and_told_where_it_lies()
    {
        using var marked = MarkPictures.Cartoon(3000, 200);
        s_embedder.Embed(marked, s_id);
        using var picture = marked.Attacked("jpeg-90");

        var result = s_detector.Look(picture);

        Assert.Equal(s_id, result.Id);
        Assert.Equal(200 / 512.0, result.Transform!.Scale, 0.001);
        Assert.Equal(ContentMatch.Matches, PerceptualHash.Of(marked).Compare(picture, result.Transform, TestContext.Current.CancellationToken));
        var period = TransformEstimate.Period * result.Transform.Scale;
        Assert.Equal(0, Math.IEEERemainder(result.Transform.OffsetX - ((result.Transform.Scale - 1) / 2), period), 0.5);
    }

    [Fact]
    public void The_memory_of_a_search_is_bounded_by_the_short_side()
    {
        using var picture = MarkPictures.Noise(16_000, 64, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();

        s_detector.Look(picture, DetectEffort.Full);

        // A canonical plane of all of it would have 250 MB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 250_000_000);
    }

    [Fact]
    public void A_picture_squeezed_from_one_usual_shape_into_another_is_found_on_the_fast_path()
    {
        using var marked = MarkPictures.Cartoon(600, 800);
        s_embedder.Embed(marked, s_id);
        using var squeezed = marked.Edit(image => image.Resize(1, vscale: 0.75));

        Assert.Equal(s_id, s_detector.Look(squeezed).Id);
    }

    [Fact]
    public void A_time_budget_ends_the_search_and_the_answer_says_where()
    {
        using var picture = MarkPictures.Cartoon();
        var options = new DetectOptions { Effort = DetectEffort.Full, TimeBudget = TimeSpan.Zero };

        var result = s_detector.Detect(picture, options, TestContext.Current.CancellationToken);

        Assert.False(result.Found);
        Assert.True(result.OutOfTime);
        Assert.Equal(DetectPath.Direct, result.Path);
        Assert.False(s_detector.Look(picture).OutOfTime);
    }

    [Fact]
    public void Cancellation_is_an_exception_also_under_a_time_budget()
    {
        using var picture = MarkPictures.Cartoon();
        var options = new DetectOptions { TimeBudget = TimeSpan.FromHours(1) };

        Assert.ThrowsAny<OperationCanceledException>(() => s_detector.Detect(picture, options, new CancellationToken(canceled: true)));
    }
}
