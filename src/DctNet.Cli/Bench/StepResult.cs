namespace DctNet.Cli.Bench;

/// <summary>What a step measured, as it goes into the report. Milliseconds; of the pictures that came in time.</summary>
internal sealed record StepResult(
    string Load,
    double Seconds,
    int Sent,
    int Ok,
    int Refused,
    int Late,
    int Failed,
    double OkPerSecond,
    double? P50,
    double? P90,
    double? P99,
    double? P999,
    double? Max,
    double? QueueP50,
    double? QueueP99,
    double? ComputeP50,
    double? ComputeP99,
    string? FirstError)
{
    /// <summary>Latencies in rising order, for the plot.</summary>
    internal double[] Latencies { get; init; } = [];

    public static StepResult From(BenchStep step, TimeSpan window, IReadOnlyCollection<Attempt> attempts, string? firstError)
    {
        var good = attempts.Where(a => a.End == AttemptEnd.Ok).ToArray();
        var latency = Sorted(good, a => a.Latency);
        var (queue, compute) = (Sorted(good, a => a.Queue), Sorted(good, a => a.Compute));
        return new StepResult(
            step.Name,
            window.TotalSeconds,
            attempts.Count,
            good.Length,
            attempts.Count(a => a.End == AttemptEnd.Refused),
            attempts.Count(a => a.End == AttemptEnd.Late),
            attempts.Count(a => a.End == AttemptEnd.Failed),
            good.Length / window.TotalSeconds,
            Percentile(latency, 0.5),
            Percentile(latency, 0.9),
            Percentile(latency, 0.99),
            Percentile(latency, 0.999),
            Percentile(latency, 1),
            Percentile(queue, 0.5),
            Percentile(queue, 0.99),
            Percentile(compute, 0.5),
            Percentile(compute, 0.99),
            firstError)
        {
            Latencies = latency,
        };
    }

    /// <summary>The nearest-rank percentile: the smallest value that so large a share does not exceed. Null of nothing.</summary>
    internal static double? Percentile(double[] sorted, double share)
        => sorted.Length == 0 ? null : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    private static double[] Sorted(Attempt[] attempts, Func<Attempt, double?> value) => [.. attempts.Select(value).OfType<double>().Order()];
}
