using System.Numerics;

namespace DctNet.Training;

/// <summary>The sum of two random waves over a picture, of <see cref="MostWaves"/> across and down at most.</summary>
internal sealed class SlowWaves
{
    private const float MostWaves = 2.5f;

    private readonly int _side;
    private readonly (float Amplitude, Vector2 Waves, float Phase)[] _waves;

    /// <param name="random">Where they come from.</param>
    /// <param name="side">The picture's, in pixels.</param>
    /// <param name="amplitude">Each wave's, at most.</param>
    public SlowWaves(Random random, int side, float amplitude)
    {
        float Draw(float most) => ((random.NextSingle() * 2) - 1) * most;
        _side = side;
        _waves = [.. Enumerable.Range(0, 2).Select(_ => (Draw(amplitude), new Vector2(Draw(MostWaves), Draw(MostWaves)), Draw(MathF.PI)))];
    }

    public float At(Vector2 place)
        => _waves.Sum(wave => wave.Amplitude * MathF.Sin((2 * MathF.PI * Vector2.Dot(wave.Waves, place) / _side) + wave.Phase));
}
