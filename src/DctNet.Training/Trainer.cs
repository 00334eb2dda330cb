using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using DctNet.Core.Watermark;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace DctNet.Training;

/// <summary>The training loop: goes on from the last checkpoint of the work folder, or else from a network given, to the last step.</summary>
internal sealed class Trainer(TrainingOptions options, RunLog log)
{
    /// <summary>The learning rate ends at this part of where it began.</summary>
    private const float FinalRate = 0.002f;

    /// <summary>Steps between two lines of the log.</summary>
    private const int LogSteps = 100;

    private const int ValidationPairs = 12;

    /// <summary>The perceptual term costs nearly a step more, so that only one step in three has it, at three times its weight.</summary>
    private const int PerceptualEvery = 3;

    /// <summary>Makes the perceptual term on average about as large as L1.</summary>
    private const float PerceptualWeight = 0.1f * PerceptualEvery;

    public static string LastCheckpoint(string folder) => Path.Combine(folder, "last.checkpoint");

    public static string BestCheckpoint(string folder) => Path.Combine(folder, "best.checkpoint");

    public void Run()
    {
        set_num_threads(options.Threads);
        var sampler = new PairSampler(options.CacheFolder, HeldOut.Load(), options.OnlyStyles);
        sampler.Rescan();
        var styles = sampler.Styles;
        if (options.MixEvery > 0 && styles.Length < 2)
        {
            throw new ArgumentException("--mix-every needs two styles; the cache has one.");
        }

        var precision = options.BrainFloat ? ScalarType.BFloat16 : ScalarType.Float32;
        var checkpoint = Last(styles);
        var origin = checkpoint is null ? Origin(styles) : null;
        var families = checkpoint?.Families ?? Families(styles, origin?.Facts.Families);
        using var network = new ConditionalUNet(families, seed: 1) { Precision = precision };
        using var losses = new Losses(options.PerceptualFile is { } file ? new PerceptualLoss(file, precision) : null, PerceptualWeight);
        var begun = checkpoint?.Begun ?? origin?.Facts.Step ?? 0;
        if (origin is not null && options.Steps <= begun)
        {
            throw new ArgumentException($"{options.FromFile} is at step {begun} already; --steps {options.Steps} leaves nothing to do.");
        }

        using var optimiser = new Soap(network.Parameters);
        optimiser.Restore(checkpoint?.Vectors ?? origin?.Vectors(network, families) ?? [], checkpoint?.Seen ?? []);
        network.Fill(optimiser.Weights);
        var (step, best) = (checkpoint?.Step ?? begun, checkpoint?.Best ?? 0);
        log.Write(string.Create(CultureInfo.InvariantCulture,
            $"train: {network.Parameters.Sum(p => p.NumberOfElements)} parameters, step {step} of {options.Steps}, pairs {sampler.Training.Count} + {sampler.Validation.Count} held out"));

        using var stopping = new CancellationTokenSource();
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stopping));
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stopping));
        var sinceCheckpoint = Stopwatch.StartNew();
        var sinceValidation = Stopwatch.StartNew();
        var sinceLog = Stopwatch.StartNew();
        var tally = new Tally();
        for (; step < options.Steps; step++)
        {
            using (NewDisposeScope())
            {
                // The draw depends on the step and the pairs there are: a resumed run sees what an unbroken one would have seen.
                var random = new Random(Seed(step));
                if (options.MixEvery > 0 && step % options.MixEvery == 0)
                {
                    var (photo, target, mixture, style) = sampler.DrawMixture(random);
                    var loss = losses.OfMixture(network.Forward(photo, mixture, style), target);
                    loss.backward();
                    tally.Add("mixture", loss);
                }
                else
                {
                    var (photo, target, style) = sampler.Draw(random);
                    var loss = losses.Of(network.Forward(photo, style), target, withPerceptual: step % PerceptualEvery == 0);
                    loss.Total.backward();
                    tally.Add("l1", loss.Pixel);
                    tally.Add("gradient", loss.Gradient);
                    tally.Add("similarity", loss.Similarity);
                    tally.Add("line", loss.Line);
                    tally.Add("tone", loss.Tone);
                    if (loss.Perceptual is { } perceptual)
                    {
                        tally.Add("perceptual", perceptual);
                    }
                }

                var norm = optimiser.Step(LearningRate(step, begun));
                if (!float.IsFinite(norm))
                {
                    log.Write($"train: step {step} skipped, gradient norm {norm}");
                }
            }

            if ((step + 1) % LogSteps == 0)
            {
                log.Write(string.Create(CultureInfo.InvariantCulture,
                    $"step {step + 1} {tally.Take()} rate {LearningRate(step, begun):E1} {sinceLog.Elapsed.TotalMilliseconds / LogSteps:F0} ms/step"));
                sinceLog.Restart();
            }

            var last = step + 1 == options.Steps || stopping.IsCancellationRequested;
            if (last || sinceCheckpoint.Elapsed.TotalSeconds >= options.CheckpointSeconds)
            {
                sampler.Rescan();
                if (sinceValidation.Elapsed.TotalSeconds >= options.ValidationSeconds || step + 1 == options.Steps)
                {
                    var score = Validate(network, optimiser, sampler, step + 1);
                    if (score > best)
                    {
                        best = score;
                        Snapshot().Save(BestCheckpoint(options.CheckpointFolder));
                    }

                    sinceValidation.Restart();
                    sinceLog.Restart();
                }

                Snapshot().Save(LastCheckpoint(options.CheckpointFolder));
                sinceCheckpoint.Restart();
            }

            if (stopping.IsCancellationRequested)
            {
                log.Write($"train: stopped at step {step + 1}");
                return;
            }
        }

        log.Write("train: complete");

        Checkpoint Snapshot() => new()
        {
            Styles = styles, Families = families, Begun = begun, Step = step + 1, Best = best, Seen = optimiser.Seen, Vectors = optimiser.Vectors,
        };
    }

    // Cancels the default, which would end the process between two checkpoints.
    private static void Stop(PosixSignalContext context, CancellationTokenSource stopping)
    {
        context.Cancel = true;
        stopping.Cancel();
    }

    /// <summary>The checkpoint that an earlier part of this run left, if there was one.</summary>
    private Checkpoint? Last(string[] styles)
    {
        var path = LastCheckpoint(options.CheckpointFolder);
        return File.Exists(path) && Checkpoint.Load(path) is var checkpoint ? Checked(checkpoint, path, checkpoint.Styles, styles) : null;
    }

    /// <summary>The network that this run goes on from, if it is given one.</summary>
    private StoredStudent? Origin(string[] styles)
        => options.FromFile is { } path && StoredStudent.Read(path) is var stored ? Checked(stored, path, stored.Facts.Styles, styles) : null;

    private static T Checked<T>(T found, string path, IReadOnlyList<string> known, string[] styles) => known.SequenceEqual(styles)
        ? found
        : throw new InvalidDataException($"{path} knows {string.Join(' ', known)}; the cache has {string.Join(' ', styles)}.");

    /// <summary>For each style the number of its family: as told, else as they were, else one for all.</summary>
    private IReadOnlyList<int> Families(string[] styles, IReadOnlyList<int>? known)
    {
        if (options.Apart.Count == 0)
        {
            return known ?? new int[styles.Length];
        }

        string[][] apart = [.. options.Apart.Select(group => group.Split(','))];
        if (apart.SelectMany(group => group).GroupBy(style => style).FirstOrDefault(style => !styles.Contains(style.Key) || style.Count() > 1) is { } wrong)
        {
            throw new ArgumentException($"The cache has {string.Join(' ', styles)}; --apart {wrong.Key} is none of them, or there twice.");
        }

        int[] groups = [.. styles.Select(style => Array.FindIndex(apart, group => group.Contains(style)))];
        var numbers = groups.Distinct().ToList();
        return [.. groups.Select(group => numbers.IndexOf(group))];
    }

    /// <summary>Scores the averaged weights on the held-out pairs: mean SSIM over the styles.</summary>
    private double Validate(ConditionalUNet network, Soap optimiser, PairSampler sampler, long step)
    {
        network.Fill(optimiser.Average);
        var scores = sampler.Styles.Select((_, style) => Score(network, sampler, style)).ToArray();
        network.Fill(optimiser.Weights);
        var mean = scores.Average();
        log.Write(string.Create(CultureInfo.InvariantCulture,
            $"step {step} held-out SSIM {mean:F4}: {string.Join(' ', sampler.Styles.Zip(scores, (name, score) => $"{name} {score:F3}"))} pairs {sampler.Training.Count}"));
        return mean;
    }

    private static double Score(ConditionalUNet network, PairSampler sampler, int style)
    {
        using var noGradient = no_grad();
        var held = sampler.Validation.Where(pair => pair.Styles.Contains(sampler.Styles[style])).ToList();
        var pairs = Enumerable.Range(0, Math.Min(ValidationPairs, held.Count)).Select(i => held[i * held.Count / Math.Min(ValidationPairs, held.Count)]).ToList();
        var sum = 0.0;
        foreach (var pair in pairs)
        {
            using var scope = NewDisposeScope();
            var (photo, target) = PairSampler.Whole(pair, sampler.Styles[style]);
            sum += Ssim.Of(Luma(network.Forward(photo, style)), Luma(target), pair.Width);
        }

        return sum / Math.Max(1, pairs.Count);
    }

    // Consecutive seeds give System.Random correlated first draws; SplitMix64's mixing (Steele et al. 2014) parts them.
    private static int Seed(long step)
    {
        var mixed = (ulong)step * 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return (int)(mixed >> 33);
    }

    private float LearningRate(long step, long begun)
    {
        var cosine = 0.5f * (1 + MathF.Cos(MathF.PI * Math.Min(1, (step - begun) / (float)(options.Steps - begun))));
        return options.LearningRate * (FinalRate + ((1 - FinalRate) * cosine));
    }

    // BT.601 luma 0..255 of a planar picture in −1..1.
    private static float[] Luma(Tensor picture)
    {
        var planes = picture.contiguous().data<float>().ToArray();
        var length = planes.Length / 3;
        var luma = new float[length];
        for (var i = 0; i < length; i++)
        {
            var value = (0.299f * Level(planes[i])) + (0.587f * Level(planes[i + length])) + (0.114f * Level(planes[i + (2 * length)]));
            luma[i] = value;
        }

        return luma;

        static float Level(float value) => MathF.Round((Math.Clamp(value, -1, 1) + 1) * 127.5f);
    }
}
