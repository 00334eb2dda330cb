using DctNet.Core.Imaging;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class PerceptualHashTests(ITestOutputHelper output)
{
    private static readonly WatermarkId s_id = new(0x0f1e_2d3c_4b5a_6978);
    private static readonly WatermarkEmbedder s_embedder = new(TestKeys.Counting);
    private static readonly WatermarkDetector s_detector = new(new WatermarkKeyRing(TestKeys.Counting));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Bytes_come_back_and_others_are_refused()
    {
        using var picture = MarkPictures.Cartoon(512, 640);
        var hash = PerceptualHash.Of(picture);
        var bytes = hash.Bytes.ToArray();

        Assert.Equal((1, 32, 40, 3 + 320), (bytes[0], bytes[1], bytes[2], bytes.Length));
        Assert.Equal(bytes, PerceptualHash.FromBytes(bytes)!.Bytes.ToArray());
        Assert.Null(PerceptualHash.FromBytes([]));
        Assert.Null(PerceptualHash.FromBytes(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Null(PerceptualHash.FromBytes([2, .. bytes[1..]]));
        Assert.Null(PerceptualHash.FromBytes([1, 0, 0, 0]));
    }

    [Fact]
    public void A_flat_picture_tells_nothing()
    {
        using var picture = new PixelBuffer(600, 600, 3);
        picture.Span.Fill(90);
        s_embedder.Embed(picture, s_id);

        Assert.Equal(ContentMatch.Unknown, PerceptualHash.Of(picture).Compare(picture, s_detector.Look(picture).Transform!, Cancelled));
    }

    [Fact]
    public void An_attacked_picture_matches_and_a_picture_with_its_mark_does_not()
    {
        using var original = MarkPictures.Cartoon(600, 700, seed: 1);
        using var marked = original.Clone();
        s_embedder.Embed(marked, s_id);
        var hash = PerceptualHash.Of(marked);
        foreach (var attack in new[] { "none", "turn-90", "mirror", "jpeg-30", "resize-0.25", "crop-25", "rotate-33", "aspect-0.8", "brightness-1.5", "frame" })
        {
            using var attacked = marked.Attacked(attack);
            Assert.Equal(ContentMatch.Matches, hash.Compare(attacked, s_detector.Look(attacked, DetectEffort.Full).Transform!, Cancelled));
        }

        using var other = MarkPictures.Cartoon(600, 700, seed: 2);
        Transplant(original, marked, other);
        var seen = s_detector.Look(other);
        Assert.Equal(s_id, seen.Id);
        Assert.Equal(ContentMatch.Differs, hash.Compare(other, seen.Transform!, Cancelled));
    }

    [Fact]
    public void Transplanted_marks_are_caught_and_attacked_pictures_are_not_accused()
    {
        Assert.SkipWhen(MarkPictures.SharedFolder is null, "The folder shared/data/watermark-images is not beside the repository.");
        const int Side = 512;
        var files = Directory.GetFiles(MarkPictures.SharedFolder!, "*.png").Order().ToArray();
        var pictures = files.Select(file =>
        {
            using var whole = MarkPictures.Load(file);
            return whole.Edit(image => image.ThumbnailImage(Side, height: Side, crop: NetVips.Enums.Interesting.Centre));
        }).ToList();
        string[] attacks = ["jpeg-30", "crop-50", "rotate-5"];
        var (transplants, caught, highest, lowest, differs, compared) = (0, 0, -1.0, 1.0, 0, 0);
        for (var i = 0; i < pictures.Count; i++)
        {
            using var marked = pictures[i].Clone();
            s_embedder.Embed(marked, s_id);
            var hash = PerceptualHash.Of(marked);
            foreach (var attack in attacks)
            {
                using var attacked = marked.Attacked(attack);
                if (s_detector.Look(attacked, DetectEffort.Full).Transform is { } transform)
                {
                    compared++;
                    using var luma = new PictureLuma(attacked);
                    differs += hash.Compare(luma, transform, Cancelled) == ContentMatch.Differs ? 1 : 0;
                    var agreement = hash.Agreement(luma, transform, Cancelled);
                    lowest = double.IsNaN(agreement) ? lowest : Math.Min(lowest, agreement);
                }
            }

            for (var step = 1; step < pictures.Count; step += 3)
            {
                // A photo and the cartoon of it show the same.
                if (Motif(files[i]) == Motif(files[(i + step) % files.Length]))
                {
                    continue;
                }

                using var target = pictures[(i + step) % pictures.Count].Clone();
                Transplant(pictures[i], marked, target);
                if (s_detector.Look(target) is { Found: true, Transform: { } transform })
                {
                    transplants++;
                    using var luma = new PictureLuma(target);
                    caught += hash.Compare(luma, transform, Cancelled) == ContentMatch.Differs ? 1 : 0;
                    var agreement = hash.Agreement(luma, transform, Cancelled);
                    highest = Math.Max(highest, double.IsNaN(agreement) ? -1 : agreement);
                }
            }
        }

        pictures.ForEach(picture => picture.Dispose());
        output.WriteLine($"transplants found {transplants}, caught {caught}, highest agreement {highest:F2}; attacked {compared}, differs {differs}, lowest agreement {lowest:F2}");

        // Of 24 pictures with three attacks each and at most eight transplants: of fewer a share of a hundredth says nothing.
        Assert.InRange(compared, 60, 24 * 3);
        Assert.InRange(transplants, 100, 24 * 8);
        Assert.InRange(caught, (int)(0.99 * transplants), transplants);
        Assert.InRange(differs, 0, compared / 100);

        static string Motif(string file) => Path.GetFileName(file).Split('_')[1];
    }

    /// <summary>What marking did to one picture is added to another.</summary>
    private static void Transplant(PixelBuffer original, PixelBuffer marked, PixelBuffer target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target.Span[i] = (byte)Math.Clamp(target.Span[i] + marked.Span[i] - original.Span[i], 0, 255);
        }
    }
}
