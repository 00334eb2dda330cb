using System.Diagnostics;
using System.Globalization;

namespace DctNet.Benchmarks;

/// <summary>
/// Two ways of doing the same, turn about in one loop: whatever else the machine is doing slows both of a pair. The answer is the
/// median over the pairs of their ratio, with a 95 % interval by bootstrap (percentile method, 2,000 resamples).
/// </summary>
internal static class PairedComparison
{
    private const int Resamples = 2000;

    public static async Task<Ratio> RunAsync(
        string baselineName, Func<Task> baseline, string otherName, Func<Task> other, int pairs, int warmUps = 3)
    {
        for (var i = 0; i < warmUps; i++)
        {
            await baseline();
            await other();
        }

        var (baselineMs, otherMs) = (new double[pairs], new double[pairs]);
        for (var i = 0; i < pairs; i++)
        {
            // The order changes from pair to pair, so that neither side always finds the other's warm caches.
            if (i % 2 == 0)
            {
                baselineMs[i] = await TimeAsync(baseline);
                otherMs[i] = await TimeAsync(other);
            }
            else
            {
                otherMs[i] = await TimeAsync(other);
                baselineMs[i] = await TimeAsync(baseline);
            }
        }

        var ratios = otherMs.Zip(baselineMs, (o, b) => o / b).ToArray();
        var random = new Random(1);
        var medians = Enumerable.Range(0, Resamples)
            .Select(_ => Median([.. ratios.Select(_ => ratios[random.Next(pairs)])]))
            .Order().ToArray();
        var ratio = new Ratio(Median(ratios), medians[Resamples / 40], medians[^(Resamples / 40)]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {pairs} pairs
            {baselineName,-16} median {Median(baselineMs):F1} ms
            {otherName,-16} median {Median(otherMs):F1} ms
            ratio            median {ratio.Median:F3}, 95 % interval {ratio.Low:F3} to {ratio.High:F3}
            """));
        return ratio;
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
