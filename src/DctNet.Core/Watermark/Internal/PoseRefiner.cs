namespace DctNet.Core.Watermark;

/// <summary>
/// Moves a pose and the shift of the tile until the pilots fit best: a pattern search over the four matrix entries and the two shifts.
/// One evaluation reads the spectrum at the pilots only, so hundreds cost about a millisecond.
/// </summary>
internal sealed class PoseRefiner
{
    private const double FirstStep = 0.006;
    private const double LastStep = 0.0005;

    // Shift steps in canonical pixels per unit of matrix step: the shift an entry causes half way to the border.
    private const double ShiftPerStep = CarrierGrid.CanonicalShortSide / 4.0;

    private readonly ResidualSpectrum _spectrum;
    private readonly (int U, int V, Phasor Expected)[] _pilots;

    /// <param name="spectrum">What to fit to.</param>
    /// <param name="sample">A sample near the right pose, for the noise at each pilot.</param>
    /// <param name="schedule">Whose pilots.</param>
    /// <param name="peak">Which pilot set and orientation, and the shift to start from.</param>
    public PoseRefiner(ResidualSpectrum spectrum, LatticeSample sample, KeySchedule schedule, PilotPeak peak)
    {
        _spectrum = spectrum;
        _pilots = new (int, int, Phasor)[schedule.Pilots.Length];
        var images = CarrierGrid.Images(peak.Orientation);
        for (var i = 0; i < _pilots.Length; i++)
        {
            var pilot = schedule.Pilots[i];
            var image = images[pilot];
            var (u, v) = CarrierGrid.Bins[image >= 0 ? image : ~image];
            var expected = schedule.PilotPhases[peak.Pool][i].Conjugate() * (1 / sample.Deviations[image >= 0 ? image : ~image]);
            _pilots[i] = image >= 0 ? (u, v, expected) : (-u, -v, expected);
        }
    }

    /// <summary>The best pose and shift near the given ones.</summary>
    public (LatticePose Pose, PilotPeak Peak) Refine(LatticePose pose, PilotPeak peak)
    {
        Span<double> move = stackalloc double[6];
        var (shiftX, shiftY) = ((double)peak.ShiftX, (double)peak.ShiftY);
        var start = Fit(pose, shiftX, shiftY);
        var best = start;
        for (var step = FirstStep; step >= LastStep;)
        {
            var improved = false;
            for (var i = 0; i < 2 * move.Length; i++)
            {
                move.Clear();
                move[i / 2] = (i & 1) == 0 ? step : -step;
                var moved = pose.Perturbed(move[0], move[1], move[2], move[3]);
                var (x, y) = (shiftX + move[4] * ShiftPerStep, shiftY + move[5] * ShiftPerStep);
                var fit = Fit(moved, x, y);
                if (fit > best)
                {
                    (best, pose, shiftX, shiftY, improved) = (fit, moved, x, y, true);
                }
            }

            step = improved ? step : step / 2;
        }

        var gain = start > 0 ? best / start : 1;
        return (pose, peak with { Score = peak.Score * gain, ShiftX = (float)shiftX, ShiftY = (float)shiftY });
    }

    private float Fit(LatticePose pose, double shiftX, double shiftY)
    {
        var (uu, uv, vu, vv) = pose.ToBins();
        var (turnsX, turnsY) = ((float)(shiftX / CarrierGrid.TileSize), (float)(shiftY / CarrierGrid.TileSize));
        var sum = 0f;
        foreach (var (u, v, expected) in _pilots)
        {
            var value = _spectrum.At(uu * u + uv * v, vu * u + vv * v) * expected;
            var turn = Phasor.Turn(u * turnsX + v * turnsY);
            sum += value.Re * turn.Re - value.Im * turn.Im;
        }

        return sum;
    }
}
