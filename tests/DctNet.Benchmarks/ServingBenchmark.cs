using BenchmarkDotNet.Attributes;
using DctNet.Client;
using DctNet.Core.Imaging;
using DctNet.Core.Pipeline;
using DctNet.Service.Hosting;
using DctNet.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Benchmarks;

/// <summary>What gRPC costs: a 1024 × 1024 JPEG through the service against the same pipeline called without it.</summary>
public class ServingBenchmark : IDisposable
{
    private WebApplication _server = null!;
    private CartoonPipeline _pipeline = null!;
    private DctNetClient _client = null!;
    private byte[] _portrait = null!;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _portrait = Portrait(1024);
        _server = DctNetService.Create(["--DctNet:Ports:Http=-1", "--DctNet:Ports:Ops=-1", "--DctNet:Ports:Grpc=0", "--Logging:LogLevel:Default=Error"]);
        await _server.StartAsync();
        _pipeline = _server.Services.GetRequiredService<CartoonPipeline>();
        _client = new DctNetClient(new Uri(_server.Urls.Single()));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _client.Dispose();
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public async Task<int> Pipeline()
    {
        var request = new CartoonRequest { File = _portrait, Tenant = "benchmark", Format = Core.Imaging.ImageFormat.Jpeg };
        var outcome = await _pipeline.RunAsync(request, CancellationToken.None);
        return outcome.TryGet(out var result, out var failure) ? result.File.Bytes.Length : throw new InvalidOperationException(failure.Message);
    }

    [Benchmark]
    public async Task<int> StreamingGrpc()
    {
        using var source = new MemoryStream(_portrait, writable: false);
        using var destination = new MemoryStream();
        await _client.CartoonizeAsync(source, destination, new CartoonizeOptions { Format = V1.ImageFormat.Jpeg });
        return (int)destination.Length;
    }

    /// <summary>The sample, enlarged to a square of this side.</summary>
    private static byte[] Portrait(int side)
    {
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg"));
        using var sample = Require(ImageDecoder.Decode(file, Require(ImageProbe.Read(file, new ImageLimits()))));
        using var enlarged = ImageResizer.Resize(sample.Pixels, side, side);
        return Require(ImageEncoder.Encode(enlarged, new EncodeOptions { Format = Core.Imaging.ImageFormat.Jpeg })).Bytes;
    }

    private static T Require<T>(Core.Outcome<T> outcome) =>
        outcome.TryGet(out var value, out var failure) ? value : throw new InvalidOperationException(failure.Message);
}
