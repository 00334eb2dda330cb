using System.Collections.Concurrent;
using System.Diagnostics;

namespace DctNet.Cli.Bench;

/// <summary>Puts a load on a server and notes how each picture fares.</summary>
/// <param name="target">The server.</param>
/// <param name="plan">What to send, and when.</param>
internal sealed class LoadGenerator(ITarget target, BenchPlan plan)
{
    private const int Seed = 1;

    public async Task<StepResult> RunAsync(BenchStep step, CancellationToken cancellation)
    {
        var run = new Run(target, plan, Stopwatch.GetTimestamp());
        await (step switch
        {
            BenchStep.Closed closed => ClosedAsync(run, closed.Callers, cancellation),
            BenchStep.Open open => OpenAsync(run, open.PerSecond, cancellation),
            _ => throw new InvalidOperationException($"A step of another kind: {step}."),
        });
        return StepResult.From(step, plan.Duration, run.Attempts, run.FirstError);
    }

    private Task ClosedAsync(Run run, int callers, CancellationToken cancellation)
    {
        return Task.WhenAll(Enumerable.Range(0, callers).Select(CallAsync));

        async Task CallAsync(int caller)
        {
            var random = new Random(Seed + caller);
            for (var due = run.Now; due < plan.WarmUp + plan.Duration; due = run.Now)
            {
                await run.SendAsync(Draw(random), due, cancellation);
            }
        }
    }

    private async Task OpenAsync(Run run, double perSecond, CancellationToken cancellation)
    {
        var random = new Random(Seed);
        List<Task> sent = [];
        var due = TimeSpan.Zero;
        while ((due += Gap(random, perSecond)) < plan.WarmUp + plan.Duration)
        {
            var wait = due - run.Now;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, cancellation);
            }

            sent.Add(run.SendAsync(Draw(random), due, cancellation));
        }

        await Task.WhenAll(sent);
    }

    // Not secrets: the same load in every run.
#pragma warning disable CA5394
    private byte[] Draw(Random random) => plan.Pictures[random.Next(plan.Pictures.Count)];

    // Gaps of a Poisson process are exponential.
    private static TimeSpan Gap(Random random, double perSecond) => TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond);
#pragma warning restore CA5394

    private sealed class Run(ITarget target, BenchPlan plan, long start)
    {
        private string? _firstError;

        public ConcurrentBag<Attempt> Attempts { get; } = [];

        public string? FirstError => _firstError;

        public TimeSpan Now => Stopwatch.GetElapsedTime(start);

        public async Task SendAsync(byte[] picture, TimeSpan due, CancellationToken cancellation)
        {
            var answer = await target.SendAsync(picture, cancellation);
            var latency = Now - due;
            if (answer.End == AttemptEnd.Failed)
            {
                Interlocked.CompareExchange(ref _firstError, answer.Error, null);
            }

            if (due >= plan.WarmUp)
            {
                Attempts.Add(new Attempt(
                    answer.End, latency.TotalMilliseconds, answer.Queue?.TotalMilliseconds, answer.Compute?.TotalMilliseconds));
            }
        }
    }
}
