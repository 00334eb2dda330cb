using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class ReplacingTests
{
    private static readonly WatermarkKeyRing s_ring = new(TestKeys.Counting, TestKeys.Numbered(7));
    private static readonly WatermarkEmbedder s_embedder = new(s_ring);
    private static readonly WatermarkDetector s_detector = new(s_ring);
    private static readonly (WatermarkId Old, WatermarkId New) s_ids = (new(0x1111_2222_3333_4444), new(0x9999_8888_7777_6666));

    [Theory]
    [InlineData("none")]
    [InlineData("turn-90")]
    [InlineData("mirror")]
    [InlineData("resize-0.75")]
    [InlineData("crop-50")]
    [InlineData("jpeg-50")]
    [InlineData("rotate-5")]
    [InlineData("aspect-1.1")]
    public void A_marked_picture_takes_a_new_id_and_loses_the_old_one(string edit)
    {
        using var marked = MarkPictures.Cartoon(640, 700);
        s_embedder.Embed(marked, s_ids.Old);
        using var picture = marked.Attacked(edit);

        var made = s_embedder.Embed(picture, s_ids.New, replaced: s_detector.Look(picture, DetectEffort.Full));

        Assert.Equal(s_ids.Old, made.ParentId);
        Assert.Equal(s_ids.New, s_detector.Look(picture).Id);
        using var compressed = picture.Attacked("resize-0.5+jpeg-70");
        Assert.Equal(s_ids.New, s_detector.Look(compressed, DetectEffort.Full).Id);
    }

    [Fact]
    public void Taking_a_mark_out_undoes_most_of_what_it_did()
    {
        using var original = MarkPictures.Cartoon(700, 600);
        using var picture = original.Clone();
        s_embedder.Embed(picture, s_ids.Old);
        var marked = SquaredError();

        MarkEraser.Erase(picture, new KeySchedule(TestKeys.Counting), s_ids.Old, s_detector.Look(picture).Transform!);

        Assert.InRange(SquaredError(), 0, marked / 5);

        double SquaredError() => Enumerable.Range(0, original.Length).Average(i => Math.Pow(picture.Span[i] - original.Span[i], 2));
    }

    [Fact]
    public void The_offset_says_where_the_corner_of_the_marked_picture_is()
    {
        using var marked = MarkPictures.Cartoon(768, 768);
        s_embedder.Embed(marked, s_ids.Old);
        using var cropped = marked.Edit(image => image.Crop(150, 40, 500, 620));

        var transform = s_detector.Look(cropped).Transform!;

        const double Scale = 768 / 512.0;
        Assert.Equal(0, Math.IEEERemainder(transform.OffsetX - ((Scale - 1) / 2 - 150), Scale * TransformEstimate.Period), 0.5);
        Assert.Equal(0, Math.IEEERemainder(transform.OffsetY - ((Scale - 1) / 2 - 40), Scale * TransformEstimate.Period), 0.5);
    }

    [Fact]
    public void A_mark_of_an_older_key_is_replaced_too_and_one_of_a_foreign_key_refused()
    {
        using var picture = MarkPictures.Cartoon();
        new WatermarkEmbedder(TestKeys.Numbered(7)).Embed(picture, s_ids.Old);
        var seen = s_detector.Look(picture);

        using var copy = picture.Clone();
        Assert.Equal(s_ids.Old, s_embedder.Embed(picture, s_ids.New, replaced: seen).ParentId);
        Assert.Equal((s_ids.New, TestKeys.Counting.Id), (s_detector.Look(picture).Id, s_detector.Look(picture).KeyId));
        Assert.Throws<ArgumentException>(() => new WatermarkEmbedder(TestKeys.Counting).Embed(copy, s_ids.New, replaced: seen));
    }

    [Fact]
    public void Photos_and_cartoons_lose_the_old_id()
    {
        Assert.SkipWhen(MarkPictures.SharedFolder is null, "The folder shared/data/watermark-images is not beside the repository.");
        var wrong = new List<string>();
        var files = Directory.GetFiles(MarkPictures.SharedFolder!, "*_512.png");
        foreach (var file in files)
        {
            using var picture = MarkPictures.Load(file);
            s_embedder.Embed(picture, s_ids.Old);
            s_embedder.Embed(picture, s_ids.New, replaced: s_detector.Look(picture));
            using var compressed = picture.Attacked("jpeg-70");
            if (s_detector.Look(compressed, DetectEffort.Full).Id != s_ids.New)
            {
                wrong.Add(Path.GetFileName(file));
            }
        }

        Assert.NotEmpty(files);
        Assert.Empty(wrong);
    }
}
