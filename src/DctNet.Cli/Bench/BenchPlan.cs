using System.Globalization;

namespace DctNet.Cli.Bench;

/// <summary>What a load run does.</summary>
/// <param name="Pictures">Files to send, drawn at random with a fixed seed.</param>
/// <param name="WarmUp">Load of each step before its measured window.</param>
/// <param name="Duration">Measured window of each step.</param>
/// <param name="Steps">One after another.</param>
internal sealed record BenchPlan(
    IReadOnlyList<byte[]> Pictures,
    TimeSpan WarmUp,
    TimeSpan Duration,
    IReadOnlyList<BenchStep> Steps);

/// <summary>One load.</summary>
internal abstract record BenchStep
{
    /// <summary>As in the report's first column.</summary>
    public abstract string Name { get; }

    /// <summary>So many callers, each with its next picture once the last has come back.</summary>
    internal sealed record Closed(int Callers) : BenchStep
    {
        public override string Name => Callers == 1 ? "1 caller" : $"{Callers} callers";
    }

    /// <summary>
    /// Pictures at random moments (a Poisson process) of so many a second, whether or not earlier ones are back. Latency counts from
    /// the moment that was drawn, so a server that stalls is not measured as if its callers had waited with their next picture
    /// ("coordinated omission", G. Tene).
    /// </summary>
    internal sealed record Open(double PerSecond) : BenchStep
    {
        public override string Name => string.Create(CultureInfo.InvariantCulture, $"{PerSecond:0.##}/s");
    }
}
