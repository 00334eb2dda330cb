using System.Diagnostics;
using System.Globalization;
using DctNet.Core.Cartoon;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;

namespace DctNet.Benchmarks;

/// <summary>
/// Two portraits at a time through the recipe, as the server's places do, with the options as they are against one of them changed; and
/// what a process needs in memory for it.
/// </summary>
internal static class ThreadsBenchmark
{
    private const int Callers = 2;
    private const int PicturesEach = 2;
    private const string Standard = "as it is";

    private static readonly InferenceOptions s_standard = new() { ExecutionProvider = ExecutionProvider.Cpu };

    private static readonly Dictionary<string, InferenceOptions> s_variants = new()
    {
        ["all threads"] = s_standard with { IntraOpThreads = Environment.ProcessorCount },
        ["one thread a run"] = s_standard with { IntraOpThreads = 1 },
        ["two sessions"] = s_standard with { SessionsPerDevice = 2 },
        ["batches of 8"] = s_standard with { MaxBatchSize = 8, MaxBatchDelayMilliseconds = 0 },
        ["threads spin"] = s_standard with { ThreadsSpin = true },
        ["without arena"] = s_standard with { CpuArena = false },
    };

    /// <summary>Sides of the memory's portraits: every new size is a new size of every layer.</summary>
    private static readonly int[] s_sides = [512, 640, 720, 600, 480, 700];

    public static async Task RunAsync(int pairs)
    {
        var catalog = Samples.Require(ModelCatalog.Load(ModelCatalog.BundledDirectory));
        using var standard = Samples.Require(Cartoonizer.Open(catalog, s_standard));
        using var portrait = Samples.Pixels(512);
        foreach (var (name, options) in s_variants)
        {
            using var other = Samples.Require(Cartoonizer.Open(catalog, options));
            await PairedComparison.RunAsync(Standard, () => DrawAsync(standard), name, () => DrawAsync(other), pairs);
        }

        foreach (var name in s_variants.Keys.Prepend(Standard))
        {
            using var process = Process.Start(Environment.ProcessPath!, ["memory", name]);
            await process.WaitForExitAsync();
        }

        Task DrawAsync(Cartoonizer cartoonizer) => Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < PicturesEach; i++)
            {
                Draw(catalog, cartoonizer, portrait);
            }
        })));
    }

    /// <summary>
    /// In a process of its own: portraits of many sizes, two at a time; the working set after them, and the processor time that they took,
    /// which a busy machine changes little.
    /// </summary>
    public static void Memory(string variant)
    {
        var catalog = Samples.Require(ModelCatalog.Load(ModelCatalog.BundledDirectory));
        using var cartoonizer = Samples.Require(Cartoonizer.Open(catalog, s_variants.GetValueOrDefault(variant, s_standard)));
        var before = Environment.CpuUsage.TotalTime;
        Parallel.ForEach(s_sides.Concat(s_sides), new ParallelOptions { MaxDegreeOfParallelism = Callers }, side =>
        {
            using var portrait = Samples.Pixels(side);
            Draw(catalog, cartoonizer, portrait);
        });
        using var self = Process.GetCurrentProcess();
        var taken = self.TotalProcessorTime - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{variant,-16} {taken.TotalSeconds:F2} s of processor time for {2 * s_sides.Length} portraits; working set {self.WorkingSet64 >> 20} MiB after them, {self.PeakWorkingSet64 >> 20} MiB at most"));
    }

    private static void Draw(ModelCatalog catalog, Cartoonizer cartoonizer, PixelBuffer portrait) =>
        cartoonizer.Stylize(portrait, Samples.Require(catalog.Select("")), CancellationToken.None).Dispose();
}
