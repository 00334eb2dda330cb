using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>Makes the table of the room's README. Minutes long (best in Release), so it runs only when asked for by name.</summary>
public sealed class RecoveryTable(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void Of_core_and_further_edits()
    {
        Assert.SkipWhen(MarkPictures.SharedFolder is null, "The folder shared/data/watermark-images is not beside the repository.");
        var embedder = new WatermarkEmbedder(TestKeys.Counting);
        var detector = new WatermarkDetector(new WatermarkKeyRing(TestKeys.Counting));
        var results = new List<EmbedResult>();
        var missed = Attacks.Core.Concat(Attacks.Further).ToDictionary(edit => edit.Key, _ => new List<string>());
        Parallel.ForEach(Directory.GetFiles(MarkPictures.SharedFolder!, "*.png").Order(), file =>
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var id = new WatermarkId((ulong)name.Aggregate(0L, (hash, letter) => hash * 31 + letter));
            using var picture = MarkPictures.Load(file);
            var result = embedder.Embed(picture, id);
            lock (results)
            {
                results.Add(result);
            }

            foreach (var (edit, apply) in Attacks.Core.Concat(Attacks.Further))
            {
                using var edited = Attacks.Apply(picture, apply);
                if (detector.Look(edited, DetectEffort.Full).Id != id)
                {
                    lock (results)
                    {
                        missed[edit].Add(name);
                    }
                }
            }
        });

        output.WriteLine($"PSNR mean {results.Average(r => r.PsnrDb):F2} min {results.Min(r => r.PsnrDb):F2} dB, "
            + $"SSIM mean {results.Average(r => r.Ssim):F4} min {results.Min(r => r.Ssim):F4}");
        foreach (var (edit, names) in missed)
        {
            output.WriteLine($"| {edit} | {results.Count - names.Count}/{results.Count} | {string.Join(' ', names.Take(6))}");
        }

        var core = Attacks.Core.Keys.Sum(edit => results.Count - missed[edit].Count) / (double)(results.Count * Attacks.Core.Count);
        output.WriteLine($"core {core:P1}");
        Assert.InRange(core, 0.99, 1);
    }
}
