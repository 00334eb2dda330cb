using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using DctNet.Benchmarks;

if (args is ["serving", .. var rest])
{
    await ServingBenchmark.RunAsync(rest is [var pairs] ? int.Parse(pairs, CultureInfo.InvariantCulture) : 60);
    return;
}

if (args is ["signing", .. var signing])
{
    await SigningBenchmark.RunAsync(signing is [var rounds] ? int.Parse(rounds, CultureInfo.InvariantCulture) : 5);
    return;
}

// In this process: the benchmarks take milliseconds and more, so what a process of their own would add in precision is lost in noise.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(15).WithInvocationCount(1).WithUnrollFactor(1);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, DefaultConfig.Instance.AddJob(job));
