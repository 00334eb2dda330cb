using System.Numerics;

namespace DctNet.Evaluation;

/// <summary>The colour of a face's skin, CIE L*a*b*.</summary>
public readonly record struct SkinColour(float L, float A, float B)
{
    /// <summary>Cheeks and nose of an aligned head, in its pixels.</summary>
    private const int Left = 105, Right = 185, Top = 150, Bottom = 200;

    public static SkinColour operator -(SkinColour a, SkinColour b) => new(a.L - b.L, a.A - b.A, a.B - b.B);

    /// <summary>The mean of several.</summary>
    public static SkinColour Mean(IReadOnlyCollection<SkinColour> colours)
        => new(colours.Average(colour => colour.L), colours.Average(colour => colour.A), colours.Average(colour => colour.B));

    /// <summary>The median of each coordinate over the middle of an aligned head.</summary>
    internal static SkinColour Of(ReadOnlySpan<byte> head, int width)
    {
        var colours = new List<Vector3>((Right - Left) * (Bottom - Top));
        for (var y = Top; y < Bottom; y++)
        {
            for (var x = Left; x < Right; x++)
            {
                var i = ((y * width) + x) * 3;
                colours.Add(CieLab.Of(head[i], head[i + 1], head[i + 2]));
            }
        }

        return new SkinColour(Median(c => c.X), Median(c => c.Y), Median(c => c.Z));

        float Median(Func<Vector3, float> part) => colours.Select(part).Order().ElementAt(colours.Count / 2);
    }
}
