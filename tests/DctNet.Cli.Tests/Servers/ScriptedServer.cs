using System.Collections.Concurrent;
using System.Net;
using DctNet.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit.Sdk;

namespace DctNet.Cli.Tests.Servers;

/// <summary>A real Kestrel that answers call after call with the behaviours it was given; the last one stays.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(WebApplication app, Script script) => (_app, Calls) = (app, script);

    internal delegate Task Behaviour(
        IAsyncStreamReader<CartoonizeRequest> upload, IServerStreamWriter<CartoonizeResponse> answer, ServerCallContext context);

    internal delegate Task<VerifyResponse> VerifyBehaviour(IAsyncStreamReader<VerifyRequest> upload);

    internal delegate Task BulkBehaviour(BulkScript stream);

    public Script Calls { get; }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<ScriptedServer> StartAsync(params Behaviour[] behaviours)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var script = new Script(behaviours);
        builder.Services.AddSingleton(script);
        var app = builder.Build();
        app.MapGrpcService<Cartoons>();
        app.MapGrpcService<Provenance>();
        app.MapGrpcService<ServerInfo>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ScriptedServer(app, script);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal sealed class Script(Behaviour[] behaviours)
    {
        private int _next;
        private int _nextBulk;

        public ConcurrentQueue<CartoonizeHeader> Headers { get; } = new();

        public ConcurrentQueue<CartoonizeImageRequest> Images { get; } = new();

        public VerifyBehaviour? Verify { get; set; }

        /// <summary>What bulk streams meet, one after another; the last one stays.</summary>
        public BulkBehaviour[] Bulk { get; set; } = [];

        public ListStylesResponse Styles { get; } = new();

        public GetServerInfoResponse Info { get; } = new() { Limits = new Limits(), Load = new Load() };

        public Behaviour Next() => Next(behaviours, ref _next);

        public BulkBehaviour NextBulk() => Next(Bulk, ref _nextBulk);

        private static T Next<T>(T[] behaviours, ref int next) => behaviours[Math.Min(Interlocked.Increment(ref next), behaviours.Length) - 1];
    }

    private sealed class Cartoons(Script script) : CartoonService.CartoonServiceBase
    {
        public override async Task Cartoonize(
            IAsyncStreamReader<CartoonizeRequest> requestStream,
            IServerStreamWriter<CartoonizeResponse> responseStream,
            ServerCallContext context)
        {
            Assert.True(await requestStream.MoveNext());
            script.Headers.Enqueue(requestStream.Current.Header);
            await script.Next()(requestStream, responseStream, context);
        }

        public override Task<CartoonizeImageResponse> CartoonizeImage(CartoonizeImageRequest request, ServerCallContext context)
        {
            script.Images.Enqueue(request);
            return script.Images.Count == 1
                ? throw new RpcException(new Status(StatusCode.Unavailable, "not yet"))
                : Task.FromResult(new CartoonizeImageResponse { Header = new ResultHeader(), Image = request.Image });
        }

        public override async Task CartoonizeBulk(
            IAsyncStreamReader<CartoonizeBulkRequest> requestStream,
            IServerStreamWriter<CartoonizeBulkResponse> responseStream,
            ServerCallContext context)
        {
            try
            {
                await script.NextBulk()(new BulkScript(requestStream, responseStream));
            }
            catch (Exception exception) when (exception is IAssertionException)
            {
                // Not what the script expects: final, or the client would try again and again.
                throw new RpcException(new Status(StatusCode.InvalidArgument, exception.ToString()));
            }
        }

        public override Task<ListStylesResponse> ListStyles(ListStylesRequest request, ServerCallContext context)
            => Task.FromResult(script.Styles);
    }

    private sealed class Provenance(Script script) : ProvenanceService.ProvenanceServiceBase
    {
        public override Task<VerifyResponse> Verify(IAsyncStreamReader<VerifyRequest> requestStream, ServerCallContext context)
            => script.Verify!(requestStream);
    }

    private sealed class ServerInfo(Script script) : ServerInfoService.ServerInfoServiceBase
    {
        public override Task<GetServerInfoResponse> GetServerInfo(GetServerInfoRequest request, ServerCallContext context)
            => Task.FromResult(script.Info);
    }
}
