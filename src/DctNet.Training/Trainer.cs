using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using DctNet.Core.Watermark;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace DctNet.Training;

/// <summary>The training loop: resumes from the last checkpoint of the work folder and goes on to the last step.</summary>
internal sealed class Trainer(TrainingOptions options, RunLog log)
{
    /// <summary>Steps of linear warm-up of the learning rate.</summary>
    private const int WarmupSteps = 200;

    /// <summary>The learning rate ends at this part of where it began.</summary>
    private const float FinalRate = 0.002f;

    /// <summary>Steps between two lines of the log.</summary>
    private const int LogSteps = 100;

    private const int ValidationPairs = 6;

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
        var precision = options.BrainFloat ? ScalarType.BFloat16 : ScalarType.Float32;
        using var network = new ConditionalUNet(styles.Length, seed: 1) { Precision = precision };
        using var losses = new Losses(options.PerceptualFile is { } file ? new PerceptualLoss(file, precision) : null, PerceptualWeight);
        var adam = new Adam(network.Parameters);
        var (step, best) = Resume(adam, styles);
        log.Write(string.Create(CultureInfo.InvariantCulture,
            $"train: {network.Parameters.Sum(p => p.NumberOfElements)} parameters, step {step} of {options.Steps}, pairs {sampler.Training.Count} + {sampler.Validation.Count} held out"));

        using var stopping = new CancellationTokenSource();
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stopping));
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stopping));
        var sinceCheckpoint = Stopwatch.StartNew();
        var sinceValidation = Stopwatch.StartNew();
        var sinceLog = Stopwatch.StartNew();
        var (pixel, gradient, similarity, line, tone, perceptual) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (; step < options.Steps; step++)
        {
            using (NewDisposeScope())
            {
                // The draw depends on the step and the pairs there are: a resumed run sees what an unbroken one would have seen.
                var (photo, target, style) = sampler.Draw(new Random(Seed(step)));
                var result = network.Forward(photo, OneHot(style, styles.Length));
                var loss = losses.Of(result, target, withPerceptual: step % PerceptualEvery == 0);
                loss.Total.backward();
                var norm = adam.Step(step, LearningRate(step));
                if (!float.IsFinite(norm))
                {
                    log.Write($"train: step {step} skipped, gradient norm {norm}");
                }

                pixel += loss.Pixel.item<float>();
                gradient += loss.Gradient.item<float>();
                similarity += loss.Similarity.item<float>();
                line += loss.Line.item<float>();
                tone += loss.Tone.item<float>();
                perceptual += loss.Perceptual?.item<float>() ?? 0;
            }

            if ((step + 1) % LogSteps == 0)
            {
                log.Write(string.Create(CultureInfo.InvariantCulture,
                    $"step {step + 1} l1 {pixel / LogSteps:F4} gradient {gradient / LogSteps:F4} similarity {similarity / LogSteps:F4} line {line / LogSteps:F4} tone {tone / LogSteps:F4} perceptual {perceptual * PerceptualEvery / LogSteps:F4} rate {LearningRate(step):E1} {sinceLog.Elapsed.TotalMilliseconds / LogSteps:F0} ms/step"));
                (pixel, gradient, similarity, line, tone, perceptual) = (0, 0, 0, 0, 0, 0);
                sinceLog.Restart();
            }

            var last = step + 1 == options.Steps || stopping.IsCancellationRequested;
            if (last || sinceCheckpoint.Elapsed.TotalSeconds >= options.CheckpointSeconds)
            {
                sampler.Rescan();
                if (sinceValidation.Elapsed.TotalSeconds >= options.ValidationSeconds || step + 1 == options.Steps)
                {
                    best = Validate(network, adam, sampler, styles, step + 1, best);
                    sinceValidation.Restart();
                    sinceLog.Restart();
                }

                Save(adam, styles, step + 1, best, LastCheckpoint(options.CheckpointFolder));
                sinceCheckpoint.Restart();
            }

            if (stopping.IsCancellationRequested)
            {
                log.Write($"train: stopped at step {step + 1}");
                return;
            }
        }

        log.Write("train: complete");
    }

    // Cancels the default, which would end the process between two checkpoints.
    private static void Stop(PosixSignalContext context, CancellationTokenSource stopping)
    {
        context.Cancel = true;
        stopping.Cancel();
    }

    private (long Step, double Best) Resume(Adam adam, string[] styles)
    {
        var path = LastCheckpoint(options.CheckpointFolder);
        if (!File.Exists(path))
        {
            return (0, 0);
        }

        var checkpoint = Checkpoint.Load(path);
        if (!checkpoint.Styles.SequenceEqual(styles))
        {
            throw new InvalidDataException($"The checkpoint knows {string.Join(' ', checkpoint.Styles)}; the cache has {string.Join(' ', styles)}.");
        }

        adam.Restore(checkpoint.Vectors, checkpoint.Step);
        return (checkpoint.Step, checkpoint.Best);
    }

    /// <summary>Scores the averaged weights on the held-out pairs and keeps them when no earlier ones were better.</summary>
    /// <returns>The best score so far.</returns>
    private double Validate(ConditionalUNet network, Adam adam, PairSampler sampler, string[] styles, long step, double best)
    {
        adam.Scatter(adam.Average);
        var scores = styles.Select((_, style) => Score(network, sampler, style)).ToArray();
        adam.Scatter(adam.Weights);
        var mean = scores.Average();
        log.Write(string.Create(CultureInfo.InvariantCulture,
            $"step {step} held-out SSIM {mean:F4}: {string.Join(' ', styles.Zip(scores, (name, score) => $"{name} {score:F3}"))} pairs {sampler.Training.Count}"));
        if (mean > best)
        {
            Save(adam, styles, step, mean, BestCheckpoint(options.CheckpointFolder));
        }

        return Math.Max(best, mean);
    }

    private static void Save(Adam adam, string[] styles, long step, double best, string path)
        => new Checkpoint { Styles = styles, Step = step, Best = best, Vectors = adam.Vectors }.Save(path);

    private static double Score(ConditionalUNet network, PairSampler sampler, int style)
    {
        using var noGradient = no_grad();
        var held = sampler.Validation.Where(pair => pair.Styles.Contains(sampler.Styles[style])).ToList();
        var pairs = Enumerable.Range(0, Math.Min(ValidationPairs, held.Count)).Select(i => held[i * held.Count / ValidationPairs]).ToList();
        var sum = 0.0;
        foreach (var pair in pairs)
        {
            using var scope = NewDisposeScope();
            var (photo, target) = PairSampler.Whole(pair, sampler.Styles[style]);
            sum += Ssim.Of(Luma(network.Forward(photo, OneHot(style, network.Styles))), Luma(target), pair.Width);
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

    private float LearningRate(long step)
    {
        var cosine = 0.5f * (1 + MathF.Cos(MathF.PI * Math.Min(1, step / (float)options.Steps)));
        return options.LearningRate * Math.Min(1, (step + 1f) / WarmupSteps) * (FinalRate + ((1 - FinalRate) * cosine));
    }

    private static Tensor OneHot(int style, int count)
    {
        var values = new float[count];
        values[style] = 1;
        return tensor(values, [1, count]);
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
