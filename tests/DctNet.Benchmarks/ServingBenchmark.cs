using System.Diagnostics;
using DctNet.Client;
using DctNet.Core.Pipeline;
using DctNet.Service.Hosting;
using DctNet.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Benchmarks;

/// <summary>What gRPC costs: JPEGs through the service against the same pipeline called without it.</summary>
internal static class ServingBenchmark
{
    /// <summary>Pictures of one measurement of throughput.</summary>
    private const int Pictures = 8;

    private const int Callers = 4;

    /// <summary>One 1024 × 1024 portrait at a time.</summary>
    public static async Task RunAsync(int pairs)
    {
        var portrait = Samples.Jpeg(1024);
        await using var server = await StartAsync();
        var pipeline = server.Services.GetRequiredService<CartoonPipeline>();
        using var client = new DctNetClient(new Uri(server.Urls.Single()));
        await PairedComparison.RunAsync(
            "pipeline", () => DirectAsync(pipeline, portrait), "streaming gRPC", () => GrpcAsync(client, portrait), pairs);
    }

    /// <summary>As many as the machine can, of 512 × 512: the loop takes the number of threads that is fastest here.</summary>
    public static async Task SaturatedAsync(int pairs)
    {
        var portrait = Samples.Jpeg(512);
        await using var server = await StartAsync();
        var pipeline = server.Services.GetRequiredService<CartoonPipeline>();
        using var client = new DctNetClient(new Uri(server.Urls.Single()));
        var threads = await FastestAsync(n => ManyAsync(n, () => DirectAsync(pipeline, portrait)));
        var ratio = await PairedComparison.RunAsync(
            $"loop, {threads} threads",
            () => ManyAsync(threads, () => DirectAsync(pipeline, portrait)),
            $"gRPC, {Callers} callers",
            () => ManyAsync(Callers, () => GrpcAsync(client, portrait)),
            pairs);
        ratio.PrintInverse("saturated throughput over the same stages in the fastest loop", aim: 0.92);
    }

    private static async Task<WebApplication> StartAsync()
    {
        var server = DctNetService.Create(
            ["--DctNet:Ports:Http=-1", "--DctNet:Ports:Ops=-1", "--DctNet:Ports:Grpc=0", "--Logging:LogLevel:Default=Error"]);
        await server.StartAsync();
        return server;
    }

    private static async Task<int> FastestAsync(Func<int, Task> run)
    {
        List<(int Threads, TimeSpan Time)> times = [];
        for (var round = 0; round < 3; round++)
        {
            for (var threads = 1; threads <= Environment.ProcessorCount + 1; threads++)
            {
                var start = Stopwatch.GetTimestamp();
                await run(threads);
                times.Add((threads, Stopwatch.GetElapsedTime(start)));
            }
        }

        // The fastest round of each: what others did to the machine meanwhile only slows.
        return times.GroupBy(time => time.Threads).MinBy(group => group.Min(time => time.Time))!.Key;
    }

    private static Task ManyAsync(int callers, Func<Task> one)
    {
        var left = Pictures;
        return Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await one();
            }
        })));
    }

    private static async Task DirectAsync(CartoonPipeline pipeline, byte[] portrait)
    {
        var request = new CartoonRequest { File = portrait, Tenant = "benchmark", Format = Core.Imaging.ImageFormat.Jpeg };
        Samples.Require(await pipeline.RunAsync(request, place: null, CancellationToken.None));
    }

    private static async Task GrpcAsync(DctNetClient client, byte[] portrait)
    {
        using var source = new MemoryStream(portrait, writable: false);
        using var destination = new MemoryStream();
        await client.CartoonizeAsync(source, destination, new CartoonizeOptions { Format = ImageFormat.Jpeg });
    }
}
