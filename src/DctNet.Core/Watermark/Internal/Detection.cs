using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>One run of the detector over one picture: which poses are tried in which order, and how many payloads are read.</summary>
internal sealed class Detection : IDisposable
{
    // Payloads read per key in each step; each costs PolarListDecoder.Paths MAC checks.
    private const int DirectReadings = 2;
    private const int RefinedReadings = 1;
    private const int ScaleReadings = 2;
    private const int PartReadings = 9;
    private const int QuarterReadings = 2;
    private const int RotationReadings = 3;
    private const int AspectReadings = 1;

    // Lattice candidates per view whose pilots are looked at.
    private const int Candidates = 8;
    private const int QuarterCandidates = 2;

    // A crop is enlarged to the canonical size and its mark with it; beyond this scale it is looked for in a smaller view, where its
    // frequencies are again those the residual filter passes.
    private const int SmallShortSide = 288;
    private const double MinScale = 0.45;
    private const double MiddleScale = 1.28;
    private const double MaxScale = 2.5;
    private const double MinQuarterScale = 0.7;
    private const double MinStretchedScale = 0.6;
    private const double MaxStretchedScale = 1.6;

    // Width over height of pictures as cameras and this service's callers make them.
    private const int ShapeCandidates = 2;
    private static readonly double[] s_shapes = [1, 5 / 4.0, 4 / 5.0, 4 / 3.0, 3 / 4.0, 3 / 2.0, 2 / 3.0, 16 / 9.0, 9 / 16.0];

    private readonly KeySchedule[] _schedules;
    private readonly DetectEffort _effort;
    private readonly int _tagBits;
    private readonly CancellationToken _cancellationToken;
    private readonly PayloadDecoder _decoder;
    private readonly MacBudget _budget;

    // With many keys the budget does not last for all of them in every further step: each has its share, for the keys whose pilots stand out most.
    private readonly int _furtherKeys;
    private DetectPath _path = DetectPath.Direct;

    public Detection(KeySchedule[] schedules, DetectEffort effort, int tagBits, CancellationToken cancellationToken)
    {
        (_schedules, _effort, _tagBits, _cancellationToken) = (schedules, effort, tagBits, cancellationToken);
        _decoder = new PayloadDecoder(tagBits);
        var keys = schedules.Length;
        var readings = (DirectReadings + RefinedReadings + ScaleReadings) * keys;
        if (effort == DetectEffort.Full)
        {
            const int Further = PartReadings + QuarterReadings + RotationReadings + AspectReadings;
            _furtherKeys = Math.Clamp(((WatermarkDetector.MaxMacChecks / PolarListDecoder.Paths) - readings) / Further, 1, keys);
            readings += Further * _furtherKeys;
        }

        _budget = new MacBudget(Math.Min(WatermarkDetector.MaxMacChecks, readings * PolarListDecoder.Paths));
    }

    public DetectResult Run(PixelBuffer image)
    {
        if (Math.Min(image.Width, image.Height) < WatermarkDetector.MinShortSide)
        {
            return NotFound(DetectPath.Direct);
        }

        using var view = PictureView.Of(image, CarrierGrid.CanonicalShortSide);
        if (TryDirect(view) is { } direct)
        {
            return direct;
        }

        using var small = PictureView.Of(image, SmallShortSide);
        if (Try(Upright(view, small), ScaleReadings * _schedules.Length, DetectPath.Scale) is { } scaled)
        {
            return scaled;
        }

        if (_effort == DetectEffort.Fast)
        {
            return NotFound(DetectPath.Scale);
        }

        return TryParts(view, image)
            ?? TryQuarters(image)
            ?? Try(Rotated(view, small), RotationReadings * _furtherKeys, DetectPath.Rotation)
            ?? Try(Stretched(view), AspectReadings * _furtherKeys, DetectPath.Aspect)
            ?? NotFound(DetectPath.Aspect);
    }

    /// <summary>What to say when the time ended <see cref="Run"/>.</summary>
    public DetectResult OutOfTime() => NotFound(_path) with { OutOfTime = true };

    public void Dispose() => _decoder.Dispose();

    private static IEnumerable<(PictureView View, LatticePose Pose)> Upright(PictureView view, PictureView small)
    {
        foreach (var (v, min, max) in new[] { (view, MinScale, MiddleScale), (small, MiddleScale, MaxScale) })
        {
            foreach (var candidate in LatticeSearch.Upright(v.Power, v.Scale(min), v.Scale(max), Candidates))
            {
                yield return (v, candidate.Pose);
            }
        }

        // A whole picture of a usual shape, squeezed into another one.
        foreach (var pose in view.FromShapes(s_shapes).OrderByDescending(view.Power.Score).Take(ShapeCandidates))
        {
            yield return (view, pose);
        }
    }

    private IEnumerable<(PictureView View, LatticePose Pose)> Rotated(PictureView view, PictureView small)
    {
        foreach (var (v, min, max) in new[] { (view, MinScale, MiddleScale), (small, MiddleScale, MaxScale) })
        {
            foreach (var candidate in LatticeSearch.Rotated(v.Power, v.Scale(min), v.Scale(max), Candidates, _cancellationToken))
            {
                yield return (v, candidate.Pose);
            }
        }
    }

    private static IEnumerable<(PictureView View, LatticePose Pose)> Stretched(PictureView view)
    {
        foreach (var candidate in LatticeSearch.Stretched(view.Power, MinStretchedScale, MaxStretchedScale, Candidates)
            .Concat(LatticeSearch.Sheared(view.Power, MinStretchedScale, MaxStretchedScale, Candidates)))
        {
            yield return (view, candidate.Pose);
        }
    }

    /// <summary>The whole picture as it is: first exactly, then with the pose refined (a side that was rounded, a slight warp).</summary>
    private DetectResult? TryDirect(PictureView view)
    {
        var hypotheses = Hypotheses([(view, LatticePose.Identity)], DirectReadings, CarrierGrid.TileSize);
        foreach (var hypothesis in hypotheses)
        {
            if (Read(hypothesis, DetectPath.Direct) is { } found)
            {
                return found;
            }
        }

        return TryRefined(hypotheses, RefinedReadings * _schedules.Length, DetectPath.Direct);
    }

    /// <summary>
    /// The whole picture, blurred or denoised: the pilots are looked for in its quiet and its busy places too, as different
    /// channels would leave them, and the payload is read from all three views together.
    /// </summary>
    private DetectResult? TryParts(PictureView view, PixelBuffer image)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        var (quiet, busy) = PictureView.Halves(image, CarrierGrid.CanonicalShortSide);
        using (quiet)
        using (busy)
        {
            PictureView[] views = [view, quiet, busy];
            var poses = views.Select(part => (part, LatticePose.Identity)).ToList();
            var hypotheses = Enum.GetValues<ExpectedChannel>()
                .SelectMany(channel => Hypotheses(poses, peaksPerKey: 1, CarrierGrid.TileSize, channel))
                .OrderByDescending(hypothesis => hypothesis.Peak.Score)
                .Take(PartReadings * _furtherKeys);
            foreach (var hypothesis in hypotheses)
            {
                if (Read(hypothesis, DetectPath.Direct, views) is { } found)
                {
                    return found;
                }
            }

            return null;
        }
    }

    /// <summary>
    /// A collage of two by two: each quarter as a picture of its own, with or without a gutter. What lies in the others is noise to the mark: in
    /// the whole picture it has a quarter of the signal-to-noise ratio.
    /// </summary>
    private DetectResult? TryQuarters(PixelBuffer image)
    {
        var (middleX, middleY) = (image.Width / 2, image.Height / 2);
        if (Math.Min(middleX, middleY) < WatermarkDetector.MinShortSide)
        {
            return null;
        }

        var quarters = new List<PictureView>();
        try
        {
            foreach (var (left, top) in new[] { (0, 0), (middleX, 0), (0, middleY), (middleX, middleY) })
            {
                _cancellationToken.ThrowIfCancellationRequested();
                quarters.Add(PictureView.OfQuarter(image, left, top, CarrierGrid.CanonicalShortSide));
            }

            return Try(quarters.SelectMany(Poses), QuarterReadings * _furtherKeys, DetectPath.Scale);
        }
        finally
        {
            quarters.ForEach(quarter => quarter.Dispose());
        }

        static IEnumerable<(PictureView View, LatticePose Pose)> Poses(PictureView quarter) =>
            LatticeSearch.Upright(quarter.Power, MinQuarterScale, MiddleScale, QuarterCandidates)
                .Select(candidate => candidate.Pose).Prepend(LatticePose.Identity).Select(pose => (quarter, pose));
    }

    private DetectResult? Try(IEnumerable<(PictureView View, LatticePose Pose)> poses, int readings, DetectPath path)
    {
        _path = path;
        return TryRefined(Hypotheses(poses, peaksPerKey: 1, CarrierGrid.TileSize / 2), readings, path);
    }

    /// <summary>For every pose and key the pilot peaks that stand out most; over all, the best first.</summary>
    private List<Hypothesis> Hypotheses(
        IEnumerable<(PictureView View, LatticePose Pose)> poses, int peaksPerKey, int grid, ExpectedChannel channel = ExpectedChannel.Even)
    {
        var hypotheses = new List<Hypothesis>();
        foreach (var (view, pose) in poses)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var sample = LatticeSample.Take(view.Spectrum, pose);
            foreach (var schedule in _schedules)
            {
                var peaks = PilotSearch.Find(sample, schedule, grid, channel);
                hypotheses.AddRange(peaks.Take(peaksPerKey).Select(peak => new Hypothesis(view, pose, sample, schedule, peak)));
            }
        }

        hypotheses.Sort(static (a, b) => b.Peak.Score.CompareTo(a.Peak.Score));
        return hypotheses;
    }

    private DetectResult? TryRefined(List<Hypothesis> hypotheses, int readings, DetectPath path)
    {
        foreach (var hypothesis in hypotheses.Take(readings))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var (view, _, sample, schedule, peak) = hypothesis;
            var (pose, refinedPeak) = new PoseRefiner(view.Spectrum, sample, schedule, peak).Refine(hypothesis.Pose, peak);
            var refined = new Hypothesis(view, pose, LatticeSample.Take(view.Spectrum, pose), schedule, refinedPeak);
            if (Read(refined, path) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Reads one payload from the view of a hypothesis, and from others of the same size together with it.</summary>
    private DetectResult? Read(Hypothesis hypothesis, DetectPath path, params PictureView[] together)
    {
        var (view, pose, sample, schedule, peak) = hypothesis;
        var others = together.Where(other => other != view).Select(other => LatticeSample.Take(other.Spectrum, pose));
        if (_decoder.Decode([sample, .. others], schedule, peak, _budget) is not { } id)
        {
            return null;
        }

        var (_, originX, originY) = schedule.Placement(id);
        return Result(id, schedule.KeyId, path, view.Estimate(pose, peak, originX, originY));
    }

    private DetectResult NotFound(DetectPath path) => Result(null, null, path, null);

    private DetectResult Result(WatermarkId? id, string? keyId, DetectPath path, TransformEstimate? transform) =>
        new(id, keyId, path, transform, _budget.Used, _budget.Limit, _budget.Limit * Math.Pow(2, -_tagBits));
}
