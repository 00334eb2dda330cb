using System.Numerics;

namespace DctNet.Core.Cartoon.Faces;

/// <summary>
/// A rotation, a uniform scale and a shift of the plane: <c>x' = A·x − B·y + X</c>, <c>y' = B·x + A·y + Y</c>; no mirroring.
/// </summary>
public readonly record struct SimilarityTransform(float A, float B, float X, float Y)
{
    /// <summary>How much lengths grow.</summary>
    public float Scale => MathF.Sqrt((A * A) + (B * B));

    /// <summary>
    /// The transform that brings <paramref name="from"/> closest to <paramref name="to"/> in the sense of least squares: Umeyama, "Least-
    /// squares estimation of transformation parameters between two point patterns" (1991), which in the plane without mirroring is a
    /// regression over complex numbers.
    /// </summary>
    /// <param name="from">Two points or more, not all the same.</param>
    /// <param name="to">As many points.</param>
    public static SimilarityTransform Estimate(ReadOnlySpan<Vector2> from, ReadOnlySpan<Vector2> to)
    {
        if (from.Length != to.Length || from.Length < 2)
        {
            throw new ArgumentException("A similarity transform needs two point pairs or more.", nameof(to));
        }

        var (fromMean, toMean) = (Mean(from), Mean(to));
        float real = 0, imaginary = 0, spread = 0;
        for (var i = 0; i < from.Length; i++)
        {
            var (s, d) = (from[i] - fromMean, to[i] - toMean);
            real += (s.X * d.X) + (s.Y * d.Y);
            imaginary += (s.X * d.Y) - (s.Y * d.X);
            spread += s.LengthSquared();
        }

        if (spread <= 0)
        {
            throw new ArgumentException("All points are the same.", nameof(from));
        }

        var (a, b) = (real / spread, imaginary / spread);
        return new SimilarityTransform(
            a, b, toMean.X - ((a * fromMean.X) - (b * fromMean.Y)), toMean.Y - ((b * fromMean.X) + (a * fromMean.Y)));
    }

    public Vector2 Apply(Vector2 point) => new((A * point.X) - (B * point.Y) + X, (B * point.X) + (A * point.Y) + Y);

    /// <summary>This transform and after it <paramref name="next"/>.</summary>
    public SimilarityTransform Then(SimilarityTransform next)
    {
        var shift = next.Apply(new Vector2(X, Y));
        return new SimilarityTransform((next.A * A) - (next.B * B), (next.A * B) + (next.B * A), shift.X, shift.Y);
    }

    /// <summary>The transform that undoes this one.</summary>
    public SimilarityTransform Inverse()
    {
        var square = (A * A) + (B * B);
        var (a, b) = (A / square, -B / square);
        return new SimilarityTransform(a, b, -((a * X) - (b * Y)), -((b * X) + (a * Y)));
    }

    private static Vector2 Mean(ReadOnlySpan<Vector2> points)
    {
        var sum = Vector2.Zero;
        foreach (var point in points)
        {
            sum += point;
        }

        return sum / points.Length;
    }
}
