using DctNet.Client;
using DctNet.Core.Imaging;
using DctNet.Core.Pipeline;
using DctNet.Service.Hosting;
using DctNet.V1;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Benchmarks;

/// <summary>What gRPC costs: a 1024 × 1024 JPEG through the service against the same pipeline called without it.</summary>
internal static class ServingBenchmark
{
    public static async Task RunAsync(int pairs)
    {
        var portrait = Portrait(1024);
        await using var server = DctNetService.Create(
            ["--DctNet:Ports:Http=-1", "--DctNet:Ports:Ops=-1", "--DctNet:Ports:Grpc=0", "--Logging:LogLevel:Default=Error"]);
        await server.StartAsync();
        var pipeline = server.Services.GetRequiredService<CartoonPipeline>();
        using var client = new DctNetClient(new Uri(server.Urls.Single()));
        await PairedComparison.RunAsync("pipeline", DirectAsync, "streaming gRPC", GrpcAsync, pairs);

        async Task DirectAsync()
        {
            var request = new CartoonRequest { File = portrait, Tenant = "benchmark", Format = Core.Imaging.ImageFormat.Jpeg };
            Require(await pipeline.RunAsync(request, CancellationToken.None));
        }

        async Task GrpcAsync()
        {
            using var source = new MemoryStream(portrait, writable: false);
            using var destination = new MemoryStream();
            await client.CartoonizeAsync(source, destination, new CartoonizeOptions { Format = V1.ImageFormat.Jpeg });
        }
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
