using System.Numerics;

namespace DctNet.Training;

/// <summary>
/// Gives a face other proportions: what is seen at a place comes from up to 8 pixels across and 8 down from there.
/// </summary>
internal sealed class Bend(Random random, int side)
{
    /// <summary>Of a wave across or down; two of each add up.</summary>
    private const float Amplitude = 4;

    private readonly SlowWaves _across = new(random, side, Amplitude);
    private readonly SlowWaves _down = new(random, side, Amplitude);

    /// <summary>Where what is seen at a place comes from.</summary>
    public Vector2 From(Vector2 place) => place + new Vector2(_across.At(place), _down.At(place));

    /// <summary>Where what was at a place is seen, to a pixel or two: the waves are slow.</summary>
    public Vector2 To(Vector2 place) => place + place - From(place);
}
