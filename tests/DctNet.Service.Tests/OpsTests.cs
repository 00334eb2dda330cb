using System.Buffers.Binary;
using System.Net;
using System.Text;
using DctNet.Core.Tests.Inference;
using DctNet.Service.Bulk;
using DctNet.Service.Tests.Bulk;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Service.Tests;

[Collection(SharedServerGroup.Name)]
public sealed class OpsTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    public async Task Operators_are_answered_on_their_own_port_only(string path)
    {
        using var http = new HttpClient();
        await _server.UntilReadyAsync();

        using var ops = await http.GetAsync(new Uri(_server.Ops, path), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ops.StatusCode);

        // A Host header that claims the ops port opens nothing.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.Http, path)) { Headers = { Host = _server.Ops.Authority } };
        using var elsewhere = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    [Fact]
    public async Task Health_is_serving_once_warm()
    {
        await _server.UntilReadyAsync();

        var health = new Health.HealthClient(_server.Channel);
        var response = await health.CheckAsync(new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task Reflection_lists_the_services()
    {
        using var call = new ServerReflection.ServerReflectionClient(_server.Channel).ServerReflectionInfo(
            cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name);

        Assert.Superset(
            new HashSet<string> { "dctnet.v1.CartoonService", "dctnet.v1.ProvenanceService", "dctnet.v1.ServerInfoService", "grpc.health.v1.Health" },
            names.ToHashSet());
    }

    [Fact]
    public async Task Server_information_tells_provider_limits_and_formats()
    {
        var client = new ServerInfoService.ServerInfoServiceClient(_server.Channel);
        var info = await client.GetServerInfoAsync(new GetServerInfoRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("cpu", info.ExecutionProvider);
        Assert.Matches(@"^\d+\.\d+\.\d+", info.Version);
        Assert.Matches(@"^1\.\d+\.\d+", info.OnnxRuntimeVersion);
        Assert.Equal(32u << 20, info.Limits.MaxUploadBytes);
        Assert.True(info.DevelopmentKey);
        Assert.Matches("^[0-9a-f]{8}$", info.WatermarkKeyId);
        Assert.Contains("image/jpeg", info.InputMediaTypes);
        Assert.Equal(4, info.OutputFormats.Count);
    }

    [Fact]
    public async Task Styles_are_listed_with_their_origin()
    {
        var client = new CartoonService.CartoonServiceClient(_server.Channel);
        var list = await client.ListStylesAsync(new ListStylesRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Contains(list.Styles, style => style.Name == list.DefaultStyle);
        Assert.All(list.Styles, style =>
        {
            Assert.NotEmpty(style.Description);
            Assert.NotEmpty(style.Model);
            Assert.NotEmpty(style.Licence);
            Assert.StartsWith("http://cv.iptc.org/newscodes/digitalsourcetype/", style.DigitalSourceType, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task GRPC_Web_answers_on_the_HTTP_port()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.Http, "/dctnet.v1.ServerInfoService/GetServerInfo"))
        {
            // An empty message: flag 0, length 0.
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc-web+proto") } },
        };

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var message = GetServerInfoResponse.Parser.ParseFrom(body, 5, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1)));
        Assert.Equal("cpu", message.ExecutionProvider);
        Assert.EndsWith("grpc-status: 0\r\n", Encoding.ASCII.GetString(body), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Draining_says_not_serving_and_finishes_what_runs()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(
            time,
            "Drain:HoldSeconds=5",
            "Drain:FinishSeconds=180",
            "Limits:IdleTimeoutSeconds=3600",
            "Limits:MaxUploadSeconds=3600",
            "Limits:MinUploadBytesPerSecond=0");
        await server.UntilReadyAsync();
        using var http = new HttpClient();
        var client = new CartoonService.CartoonServiceClient(server.Channel);
        using var running = client.Cartoonize(cancellationToken: TestContext.Current.CancellationToken);
        var header = new CartoonizeHeader { Options = new CartoonizeOptions { MaxSide = 64 } };
        await running.RequestStream.WriteAsync(new CartoonizeRequest { Header = header }, TestContext.Current.CancellationToken);
        using var bulk = await BulkCall.StartAsync(server);

        var stopping = server.StopAsync();
        using var ready = await http.GetAsync(new Uri(server.Ops, "/readyz"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);

        // The upload goes on over the end of the hold, and is answered.
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var over = server.Services.GetRequiredService<BulkSessions>().Stopping.Register(held.SetResult);
        await time.PassUntilAsync(
            held.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await time.PassUntilAsync(bulk.FailsAsync(StatusCode.Unavailable, "STOPPING"), TestContext.Current.CancellationToken);
        var chunk = new CartoonizeRequest { Chunk = ByteString.CopyFrom(TestEnvironment.Sample) };
        await running.RequestStream.WriteAsync(chunk, TestContext.Current.CancellationToken);
        await running.RequestStream.CompleteAsync();
        Assert.True(await running.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(64u, running.ResponseStream.Current.Header.Width);
        while (await running.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            Assert.NotEmpty(running.ResponseStream.Current.Chunk);
        }

        await stopping;
        var gone = await Assert.ThrowsAsync<RpcException>(() => server.CartoonizeAsync(TestEnvironment.Sample));
        Assert.Equal(StatusCode.Unavailable, gone.StatusCode);
    }
}
