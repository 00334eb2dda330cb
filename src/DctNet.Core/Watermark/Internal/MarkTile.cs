namespace DctNet.Core.Watermark;

/// <summary>The periodic tile that carries one id: 128 × 128 canonical pixels of unit variance.</summary>
internal static class MarkTile
{
    private const int N = CarrierGrid.TileSize;

    /// <summary>The values X of all carriers for one id, in the order of <see cref="CarrierGrid.Bins"/>; Σ|X|² = 1.</summary>
    public static void Coefficients(KeySchedule schedule, WatermarkId id, Span<Phasor> coefficients)
    {
        Span<byte> code = stackalloc byte[PolarCode.Length];
        PolarCode.Encode(schedule.Payload(id), code);
        var (pool, originX, originY) = schedule.Placement(id);

        for (var i = 0; i < schedule.Pilots.Length; i++)
        {
            coefficients[schedule.Pilots[i]] = schedule.PilotPhases[pool][i] * schedule.PilotAmplitude;
        }

        var amplitude = schedule.DataAmplitude / MathF.Sqrt(2);
        for (var i = 0; i < schedule.Data.Length; i++)
        {
            var symbol = new Phasor(Sign(code, 2 * i), Sign(code, 2 * i + 1));
            coefficients[schedule.Data[i]] = symbol * schedule.DataPhases[i] * amplitude;
        }

        for (var i = 0; i < coefficients.Length; i++)
        {
            var (u, v) = CarrierGrid.Bins[i];
            coefficients[i] *= Phasor.Turn(-(float)((u * originX + v * originY) % N) / N);
        }

        float Sign(ReadOnlySpan<byte> code, int dimension) =>
            (code[schedule.CodeBits[dimension]] != 0) != schedule.Flips[dimension] ? -1 : 1;
    }

    /// <summary>Synthesises the tile as [y][x]: t(x, y) = √2·Σ Re(X·e^(2πi(ux + vy)/128)), so that its variance is 1.</summary>
    public static float[] Synthesise(KeySchedule schedule, WatermarkId id)
    {
        Span<Phasor> coefficients = stackalloc Phasor[CarrierGrid.Count];
        Coefficients(schedule, id, coefficients);
        var (re, im) = (new float[N * N], new float[N * N]);
        for (var i = 0; i < coefficients.Length; i++)
        {
            // X and its conjugate, each with half of √2.
            var (u, v) = CarrierGrid.Bins[i];
            var x = coefficients[i] * MathF.Sqrt(0.5f);
            var (place, mirror) = ((u + N) % N * N + v, (N - u) % N * N + (N - v) % N);
            (re[place], im[place]) = (x.Re, x.Im);
            (re[mirror], im[mirror]) = (x.Re, -x.Im);
        }

        TileTransform.Inverse(re, im);
        return re;
    }
}
