using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using DctNet.Benchmarks;

if (args is ["memory", var variant])
{
    ThreadsBenchmark.Memory(variant);
    return;
}

Func<int?, Task>? comparison = args is not [var name, ..] ? null : name switch
{
    "serving" => pairs => ServingBenchmark.RunAsync(pairs ?? 60),
    "saturated" => pairs => ServingBenchmark.SaturatedAsync(pairs ?? 20),
    "upload" => pairs => UploadBenchmark.RunAsync(pairs ?? 40),
    "signing" => rounds => SigningBenchmark.RunAsync(rounds ?? 5),
    "threads" => pairs => ThreadsBenchmark.RunAsync(pairs ?? 20),
    "batching" => pairs => BatchingBenchmark.RunAsync(pairs ?? 30),
    _ => null,
};
if (comparison is not null)
{
    await comparison(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : null);
    return;
}

// In this process: the benchmarks take milliseconds and more, so what a process of their own would add in precision is lost in noise.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(15).WithInvocationCount(1).WithUnrollFactor(1);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, DefaultConfig.Instance.AddJob(job));
