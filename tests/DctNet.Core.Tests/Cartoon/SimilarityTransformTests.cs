using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public class SimilarityTransformTests
{
    [Fact]
    public void An_exact_transform_is_found_again()
    {
        var random = new Random(1);
        for (var round = 0; round < 100; round++)
        {
            var (angle, scale) = (random.NextSingle() * 6.28f, 0.1f + (random.NextSingle() * 5));
            var truth = new SimilarityTransform(
                scale * MathF.Cos(angle), scale * MathF.Sin(angle), random.NextSingle() * 100, random.NextSingle() * 100);
            Vector2[] from = [.. Enumerable.Range(0, 2 + (round % 5)).Select(_ => Point(random) * 200)];

            var found = SimilarityTransform.Estimate(from, [.. from.Select(truth.Apply)]);

            Assert.Equal(truth.A, found.A, 1e-3f);
            Assert.Equal(truth.B, found.B, 1e-3f);
            Assert.Equal(scale, found.Scale, 1e-3f);
            Assert.All(from, point => Assert.True(Vector2.Distance(truth.Apply(point), found.Apply(point)) < 0.05f));
        }
    }

    [Fact]
    public void No_transform_nearby_is_closer_to_noisy_points()
    {
        var random = new Random(2);
        Vector2[] from = [.. Enumerable.Range(0, 5).Select(_ => Point(random) * 10)];
        Vector2[] to = [.. from.Select(point => new Vector2(3 - point.Y, point.X + 1) + Point(random))];
        var best = SimilarityTransform.Estimate(from, to);

        foreach (var step in new[] { -0.02f, 0.02f })
        {
            Assert.True(Error(best with { A = best.A + step }) > Error(best));
            Assert.True(Error(best with { B = best.B + step }) > Error(best));
            Assert.True(Error(best with { X = best.X + step }) > Error(best));
            Assert.True(Error(best with { Y = best.Y + step }) > Error(best));
        }

        double Error(SimilarityTransform transform) =>
            from.Zip(to).Sum(pair => (double)Vector2.DistanceSquared(transform.Apply(pair.First), pair.Second));
    }

    [Fact]
    public void The_inverse_leads_back()
    {
        var transform = new SimilarityTransform(0.3f, -1.2f, 40, -7);
        var inverse = transform.Inverse();
        foreach (var point in new[] { Vector2.Zero, new Vector2(100, 3), new Vector2(-5, 77) })
        {
            Assert.True(Vector2.Distance(point, inverse.Apply(transform.Apply(point))) < 1e-3f);
        }
    }

    [Fact]
    public void One_after_the_other_is_one()
    {
        var (first, next) = (new SimilarityTransform(0.3f, -1.2f, 40, -7), new SimilarityTransform(-2, 0.5f, 3, 11));
        var both = first.Then(next);
        foreach (var point in new[] { Vector2.Zero, new Vector2(100, 3), new Vector2(-5, 77) })
        {
            Assert.True(Vector2.Distance(next.Apply(first.Apply(point)), both.Apply(point)) < 1e-3f);
        }
    }

    private static Vector2 Point(Random random) => new(random.NextSingle(), random.NextSingle());

    [Fact]
    public void Points_that_determine_nothing_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SimilarityTransform.Estimate([Vector2.One], [Vector2.One]));
        Assert.Throws<ArgumentException>(() => SimilarityTransform.Estimate([Vector2.One, Vector2.One], [Vector2.Zero, Vector2.One]));
        Assert.Throws<ArgumentException>(() => SimilarityTransform.Estimate([Vector2.One, Vector2.Zero], [Vector2.Zero]));
    }
}
