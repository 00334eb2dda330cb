namespace DctNet.Core.Watermark;

/// <summary>Which poses of the carrier lattice stand out in a power table: the candidates of the blind search.</summary>
internal static class LatticeSearch
{
    // Steps that keep the outermost carrier within one bin: 0.8 % of scale, half a degree; finer where only the scale is unknown.
    private const double UprightStep = 0.004;
    private const double ScaleStep = 0.008;
    private const double AngleStepDegrees = 0.5;
    private const double AspectScaleStep = 0.010;
    private const double AspectStep = 0.012;
    private const double MaxLogAspect = 0.312;

    private const int ShearSteps = 17;

    // A candidate must be the best of its neighbourhood of two steps to each side.
    private const int Neighbourhood = 2;

    /// <summary>Upright poses with scales in a range, best first.</summary>
    public static List<LatticeCandidate> Upright(LatticePower power, double minScale, double maxScale, int count)
    {
        var scales = Geometric(minScale, maxScale, UprightStep);
        return Best(power, scales.Length, 1, wraps: false, (i, _) => LatticePose.Of(scales[i], 0), count);
    }

    /// <summary>Poses with scales in a range and any angle (the lattice repeats every quarter turn), best first.</summary>
    public static List<LatticeCandidate> Rotated(
        LatticePower power, double minScale, double maxScale, int count, CancellationToken cancellationToken)
    {
        var scales = Geometric(minScale, maxScale, ScaleStep);
        var angles = (int)(90 / AngleStepDegrees);
        return Best(power, scales.Length, angles, wraps: true, Pose, count);

        LatticePose Pose(int i, int j)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return LatticePose.Of(scales[i], double.DegreesToRadians(j * AngleStepDegrees));
        }
    }

    /// <summary>Upright poses with scales in a range and aspect ratios from 0.73 to 1.37, best first.</summary>
    public static List<LatticeCandidate> Stretched(LatticePower power, double minScale, double maxScale, int count)
    {
        var scales = Geometric(minScale, maxScale, AspectScaleStep);
        var aspects = Geometric(Math.Exp(-MaxLogAspect), Math.Exp(MaxLogAspect), AspectStep);
        return Best(power, scales.Length, aspects.Length, wraps: false, (i, j) => LatticePose.Of(scales[i], 0, aspects[j]), count);
    }

    /// <summary>Poses with scales in a range, sheared by up to a tenth along one axis, best first.</summary>
    public static List<LatticeCandidate> Sheared(LatticePower power, double minScale, double maxScale, int count)
    {
        // Columns 0…ShearSteps−1 move rows along x, the others columns along y.
        var scales = Geometric(minScale, maxScale, AspectScaleStep);
        return Best(power, scales.Length, 2 * ShearSteps, wraps: false, Pose, count);

        LatticePose Pose(int i, int j)
        {
            var shear = (j % ShearSteps - ShearSteps / 2) * AspectStep;
            return j < ShearSteps ? LatticePose.Sheared(scales[i], shear, 0) : LatticePose.Sheared(scales[i], 0, shear);
        }
    }

    private static double[] Geometric(double from, double to, double logStep) =>
        [.. Enumerable.Range(0, (int)(Math.Log(to / from) / logStep) + 1).Select(i => from * Math.Exp(i * logStep))];

    private static List<LatticeCandidate> Best(
        LatticePower power, int rows, int columns, bool wraps, Func<int, int, LatticePose> pose, int count)
    {
        using var scores = new Plane(columns, rows);
        for (var i = 0; i < rows; i++)
        {
            var row = scores.Row(i);
            for (var j = 0; j < columns; j++)
            {
                row[j] = power.Score(pose(i, j));
            }
        }

        var candidates = new List<LatticeCandidate>();
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                if (IsLocalMaximum(scores, i, j, wraps))
                {
                    candidates.Add(new LatticeCandidate(scores.Row(i)[j], pose(i, j)));
                }
            }
        }

        candidates.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        return candidates[..Math.Min(count, candidates.Count)];
    }

    private static bool IsLocalMaximum(Plane scores, int row, int column, bool wraps)
    {
        var value = scores.Row(row)[column];
        for (var i = Math.Max(0, row - Neighbourhood); i <= Math.Min(scores.Height - 1, row + Neighbourhood); i++)
        {
            for (var j = column - Neighbourhood; j <= column + Neighbourhood; j++)
            {
                var wrapped = wraps ? (j + scores.Width) % scores.Width : Math.Clamp(j, 0, scores.Width - 1);
                if (scores.Row(i)[wrapped] > value)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
