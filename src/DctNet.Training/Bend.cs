using System.Numerics;

namespace DctNet.Training;

/// <summary>
/// Slow waves that give a face other proportions: what is seen at a place comes from up to 6 pixels across and 6 down from there.
/// </summary>
internal sealed class Bend
{
    /// <summary>Waves across or down; two of each add up.</summary>
    private const float Amplitude = 3;

    /// <summary>Over the side of a picture.</summary>
    private const float MostWaves = 2.5f;

    private readonly float _side;
    private readonly (float Amplitude, Vector2 Waves, float Phase)[] _waves;

    public Bend(Random random, int side)
    {
        float Draw(float most) => ((random.NextSingle() * 2) - 1) * most;
        _side = side;
        _waves = [.. Enumerable.Range(0, 4).Select(_ => (Draw(Amplitude), new Vector2(Draw(MostWaves), Draw(MostWaves)), Draw(MathF.PI)))];
    }

    /// <summary>Where what is seen at a place comes from.</summary>
    public Vector2 From(Vector2 place) => place + new Vector2(At(0, place) + At(1, place), At(2, place) + At(3, place));

    /// <summary>Where what was at a place is seen, to a pixel or two: the waves are slow.</summary>
    public Vector2 To(Vector2 place) => place + place - From(place);

    private float At(int wave, Vector2 place)
    {
        var (amplitude, waves, phase) = _waves[wave];
        return amplitude * MathF.Sin((2 * MathF.PI * Vector2.Dot(waves, place) / _side) + phase);
    }
}
