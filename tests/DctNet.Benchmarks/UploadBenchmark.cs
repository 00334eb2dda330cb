using System.Globalization;
using System.Net;
using DctNet.Client;
using DctNet.Service.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DctNet.Benchmarks;

/// <summary>
/// What the way of a large upload costs: 32 MiB that are no picture, refused once they are there, against a plain HTTP/2 POST of them that
/// Kestrel reads into one buffer. And how many gen-2 collections our chunks bring about, of client and server together.
/// </summary>
internal static class UploadBenchmark
{
    private const int ChunkBytes = 63 << 10;
    private const int FileBytes = 32 << 20;

    /// <summary>Until the runtime has compiled what is hot for the second time; before, each side is about half as fast.</summary>
    private const int WarmUps = 60;

    public static async Task RunAsync(int pairs)
    {
        var file = new byte[FileBytes];
        await using var ours = DctNetService.Create(
            ["--DctNet:Ports:Http=-1", "--DctNet:Ports:Ops=-1", "--DctNet:Ports:Grpc=0", "--Logging:LogLevel:Default=None"]);
        await ours.StartAsync();
        using var client = new DctNetClient(new Uri(ours.Urls.Single()), new DctNetClientOptions { MaxAttempts = 1 });

        await using var plain = Plain();
        await plain.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(plain.Urls.Single()),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        var ratio = await PairedComparison.RunAsync("HTTP/2 POST", PostAsync, "streaming gRPC", UploadAsync, pairs, WarmUps);
        ratio.PrintInverse("large upload over a plain Kestrel HTTP/2 upload", aim: 0.8);

        var (gen2, allocated) = (GC.CollectionCount(2), GC.GetTotalAllocatedBytes());
        for (var i = 0; i < pairs; i++)
        {
            await UploadAsync();
        }

        var chunks = (long)pairs * (file.Length / ChunkBytes);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"gen-2 collections in {chunks} chunks: {GC.CollectionCount(2) - gen2} (aim: 0); {(double)(GC.GetTotalAllocatedBytes() - allocated) / chunks / ChunkBytes:F2} bytes allocated a byte"));

        async Task PostAsync()
        {
            using var content = new ChunkedContent(file);
            using var response = await http.PostAsync("/", content);
            response.EnsureSuccessStatusCode();
        }

        async Task UploadAsync()
        {
            using var source = new MemoryStream(file, writable: false);
            try
            {
                await client.CartoonizeAsync(source, Stream.Null);
            }
            catch (DctNetException e) when (e.StatusCode == StatusCode.InvalidArgument)
            {
                return;
            }

            throw new InvalidOperationException("The upload was not refused.");
        }
    }

    private static WebApplication Plain()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var whole = new byte[FileBytes];
        app.Run(async context => await context.Request.Body.ReadExactlyAsync(whole));
        return app;
    }

    /// <summary>Written in chunks as large as the client's.</summary>
    private sealed class ChunkedContent(byte[] file) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var at = 0; at < file.Length; at += ChunkBytes)
            {
                await stream.WriteAsync(file.AsMemory(at, Math.Min(ChunkBytes, file.Length - at)));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = file.Length;
            return true;
        }
    }
}
