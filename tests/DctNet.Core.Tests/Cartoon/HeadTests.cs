using System.Numerics;
using DctNet.Core.Cartoon;
using DctNet.Core.Cartoon.Faces;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public class HeadTests
{
    /// <summary>DCT-Net's reference points; the mouth is the mean of its two corners.</summary>
    private static readonly FaceLandmarks s_targets = new(
        new Vector2(111.78f, 137.63f), new Vector2(179.74f, 137.25f), new Vector2(145.98f, 176.28f), new Vector2(146.2f, 215.905f));

    [Fact]
    public void A_head_in_place_is_cut_out_as_it_is()
    {
        using var picture = Pictures.Sample(400);
        using var head = HeadAligner.Align(picture, HeadAligner.PictureToHead(s_targets));

        Assert.Equal((288, 288, 3), (head.Width, head.Height, head.Channels));
        for (var y = 0; y < 288; y++)
        {
            Assert.True(Pictures.Difference(picture.Row(y)[..(288 * 3)], head.Row(y)) < 0.5);
        }
    }

    [Fact]
    public void Landmarks_of_a_turned_head_go_to_the_reference_points()
    {
        var turn = new SimilarityTransform(1.5f, 0.8f, -60, 20);
        var landmarks = new FaceLandmarks(
            turn.Apply(s_targets.RightEye), turn.Apply(s_targets.LeftEye), turn.Apply(s_targets.Nose), turn.Apply(s_targets.Mouth));
        var transform = HeadAligner.PictureToHead(landmarks);
        Assert.True(Vector2.Distance(transform.Apply(landmarks.Nose), s_targets.Nose) < 0.01f);
        Assert.True(Vector2.Distance(transform.Apply(landmarks.LeftEye), s_targets.LeftEye) < 0.01f);
    }

    [Fact]
    public void Outside_the_picture_its_edge_repeats()
    {
        using var picture = Pictures.Flat(100, 100, 10);
        picture.Row(50)[(99 * 3)..].Fill(90);
        picture.Row(99).Fill(30);
        using var head = HeadAligner.Align(picture, HeadAligner.PictureToHead(s_targets));
        Assert.Equal(10, head.Row(50)[50 * 3]);
        Assert.InRange(head.Row(50)[150 * 3], 80, 90);
        Assert.Equal(10, head.Row(20)[287 * 3]);
        Assert.Equal(30, head.Row(287)[287 * 3]);
    }

    [Theory]
    [InlineData(0.7f, 0.2f)]
    [InlineData(3.1f, -0.4f)]
    [InlineData(5.3f, 2f)]
    public void A_warp_agrees_with_plain_bilinear_sampling(float a, float b)
    {
        var random = new Random(3);
        using var source = new FloatImage(90, 70);
        foreach (ref var value in source.Span)
        {
            value = random.NextSingle() * 255;
        }

        using var target = new FloatImage(24, 20);
        var transform = new SimilarityTransform(a, b, 10.3f, -4.6f);
        Warper.Warp(source, target, transform);

        var n = Math.Max(1, (int)Math.Ceiling(transform.Scale / 2));
        for (var y = 0; y < target.Height; y++)
        {
            for (var x = 0; x < target.Width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    double sum = 0;
                    for (var k = 0; k < n * n; k++)
                    {
                        var point = transform.Apply(new Vector2(x + (((k % n) + 0.5f) / n), y + (((k / n) + 0.5f) / n)));
                        sum += Bilinear(source, point.X - 0.5, point.Y - 0.5, c);
                    }

                    Assert.Equal(sum / (n * n), target.Row(y)[(x * 3) + c], 0.05);
                }
            }
        }
    }

    [Fact]
    public void A_drawn_head_fills_the_middle_and_fades_to_nothing()
    {
        using var picture = Flat(288, 288, 0);
        using var blender = new HeadBlender(picture);
        using var head = Flat(288, 288, 100);
        blender.Add(head, new SimilarityTransform(1, 0, 0, 0));
        blender.Finish();

        float[] middle = [.. Enumerable.Range(0, 288).Select(x => picture.Row(144)[x * 3])];
        Assert.Equal(100f, middle[144], 1e-3f);
        Assert.Equal(0f, middle[0]);
        Assert.Equal(0f, middle[287]);
        for (var x = 1; x <= 144; x++)
        {
            // Monotone, and no step that could be seen as an edge.
            Assert.InRange(middle[x] - middle[x - 1], -1e-3f, 5);
        }

        Assert.Equal(middle[100], middle[187], 1e-3f);
    }

    [Fact]
    public void Heads_that_overlap_share_without_holes_and_in_any_order()
    {
        using var ab = Two(first: 80, second: 160, swap: false);
        using var ba = Two(first: 80, second: 160, swap: true);
        Assert.All(ab.Span.ToArray().Zip(ba.Span.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 0.01f));

        // Between the two middles there is always one head or the other.
        for (var x = 144; x <= 144 + 120; x++)
        {
            Assert.InRange(ab.Row(144)[x * 3], 79.9f, 160.1f);
        }

        // Near one middle the other head, whose mask is opaque there too, does not show through.
        Assert.Equal(80f, ab.Row(144)[(144 + 25) * 3], 2f);

        // The same drawing twice is that drawing.
        using var same = Two(first: 90, second: 90, swap: false);
        Assert.Equal(90f, same.Row(144)[(144 + 60) * 3], 0.01f);

        static FloatImage Two(float first, float second, bool swap)
        {
            var picture = Flat(420, 288, 0);
            using var blender = new HeadBlender(picture);
            using var one = Flat(288, 288, first);
            using var two = Flat(288, 288, second);
            (FloatImage Head, SimilarityTransform To)[] heads =
                [(one, new SimilarityTransform(1, 0, 0, 0)), (two, new SimilarityTransform(1, 0, -120, 0))];
            foreach (var (head, to) in swap ? heads.Reverse() : heads)
            {
                blender.Add(head, to);
            }

            blender.Finish();
            return picture;
        }
    }

    [Fact]
    public void A_head_partly_or_wholly_outside_the_picture_changes_only_what_it_covers()
    {
        using var picture = Flat(100, 80, 10);
        using var head = Flat(288, 288, 200);
        using (var blender = new HeadBlender(picture))
        {
            blender.Add(head, new SimilarityTransform(1, 0, 1000, 1000));
            blender.Finish();
        }

        Assert.All(picture.Span.ToArray(), value => Assert.Equal(10f, value));
        using (var blender = new HeadBlender(picture))
        {
            blender.Add(head, new SimilarityTransform(1, 0, 144, 144));
            blender.Finish();
        }

        Assert.Equal(200f, picture.Row(0)[0], 0.01f);
        Assert.All(picture.Span.ToArray(), value => Assert.InRange(value, 10f, 200.01f));
    }

    private static FloatImage Flat(int width, int height, float value)
    {
        var picture = new FloatImage(width, height);
        picture.Span.Fill(value);
        return picture;
    }

    private static double Bilinear(FloatImage source, double x, double y, int channel)
    {
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (right, down) = (x - left, y - top);
        return ((1 - down) * (((1 - right) * At(left, top)) + (right * At(left + 1, top))))
            + (down * (((1 - right) * At(left, top + 1)) + (right * At(left + 1, top + 1))));

        double At(int px, int py) => source.Row(Math.Clamp(py, 0, source.Height - 1))[(Math.Clamp(px, 0, source.Width - 1) * 3) + channel];
    }
}
