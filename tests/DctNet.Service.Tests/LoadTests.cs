using System.Diagnostics;
using DctNet.Core.Diagnostics;
using DctNet.Core.Cartoon;
using DctNet.Core.Imaging;
using DctNet.Core.Tests.Inference;
using DctNet.Core.Watermark;
using DctNet.Service.Scheduling;
using DctNet.Service.Uploads;
using DctNet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Service.Tests;

/// <summary>Bounds: what is over them is refused, and what ends early gives everything back.</summary>
[Collection(AloneGroup.Name)]
public sealed class LoadTests
{
    /// <summary>After which a test that waits for something gives up; nothing is measured by it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Beyond_its_bounds_the_server_refuses_and_says_when_to_come_back()
    {
        await using var server = await TestServer.StartAsync("Limits:MaxConcurrentRequests=1", "Limits:MaxQueuedRequests=1");
        using var first = await OpenAsync(server);
        using var second = await OpenAsync(server);

        var status = await RpcAssert.FailsAsync(
            StatusCode.ResourceExhausted, "OVERLOADED", () => server.CartoonizeAsync(TestEnvironment.Sample));

        Assert.True(status.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);

        // Both that are inside still get their answer.
        await FinishAsync(first);
        await FinishAsync(second);
        await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 64 });
    }

    [Fact]
    public async Task A_picture_that_cannot_be_decoded_does_not_wait_for_a_place()
    {
        await using var server = await TestServer.StartAsync("Limits:MaxConcurrentRequests=1");
        var work = new Work(Lane.Interactive, DecodedBytes: 1, DateTime.MaxValue);
        var waiting = await server.Services.GetRequiredService<Admission>().WaitForPlaceAsync(work, TestContext.Current.CancellationToken);
        Assert.True(waiting.TryGet(out var place, out _));
        using (place)
        {
            await RpcAssert.FailsAsync(StatusCode.InvalidArgument, "UNSUPPORTED_FORMAT", () => server.CartoonizeAsync("no picture"u8.ToArray()).WaitAsync(s_patience));
            await RpcAssert.FailsAsync(StatusCode.InvalidArgument, "UNSUPPORTED_FORMAT", () => server.VerifyAsync("no picture"u8.ToArray()).WaitAsync(s_patience));
        }

        await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 64 });
    }

    [Fact]
    public async Task Refusals_in_a_row_do_not_wear_out_the_connection()
    {
        // Kestrel lets 200 streams of a connection hang on after their refusal before it gives the connection up.
        const int Refusals = 300;
        await using var server = await TestServer.StartAsync(
            "Limits:MaxConcurrentRequests=1", "Limits:MaxQueuedRequests=0", "Limits:IdleTimeoutSeconds=3600", "Limits:MaxUploadSeconds=3600");
        using var inside = await OpenAsync(server);
        for (var i = 0; i < Refusals; i++)
        {
            await RpcAssert.FailsAsync(
                StatusCode.ResourceExhausted, "OVERLOADED", () => server.CartoonizeAsync(new byte[300_000]).WaitAsync(s_patience));
        }

        await FinishAsync(inside);
    }

    [Fact]
    public async Task An_upload_that_stands_still_is_ended()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time, "Limits:IdleTimeoutSeconds=1");
        using var call = await OpenAsync(server);

        var ended = RpcAssert.FailsAsync(StatusCode.DeadlineExceeded, "UPLOAD_STALLED", () => call.ResponseStream.MoveNext(CancellationToken.None));

        await time.PassUntilAsync(ended.WaitAsync(s_patience, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_caller_who_does_not_read_his_result_is_ended()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time, "Limits:IdleTimeoutSeconds=3");
        using var call = await OpenAsync(server, new CartoonizeOptions());
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var admission = server.Services.GetRequiredService<Admission>();
        Assert.Equal(1, admission.Entries);

        await time.PassUntilAsync(Eventually.HoldsAsync(() => Assert.Equal(0, admission.Entries)), TestContext.Current.CancellationToken);

        // Whose stream is cut in a write is not told why; operators are.
        await CountedAsync(server, "DEADLINE_EXCEEDED", "DOWNLOAD_STALLED");
    }

    [Fact]
    public async Task A_caller_who_goes_away_during_the_upload_leaves_nothing_behind()
    {
        await using var server = await OneEntryAsync();
        for (var round = 0; round < 3; round++)
        {
            using var call = await OpenAsync(server);
            Assert.True(SpinWait.SpinUntil(() => Upload.Outstanding > 0, s_patience));
            call.Dispose();
            await UntilAdmittedAsync(server);
        }

        AssertNothingRented();
    }

    [Fact]
    public async Task A_caller_who_goes_away_during_inference_leaves_nothing_behind()
    {
        await using var server = await OneEntryAsync();
        for (var round = 0; round < 3; round++)
        {
            // The picture waits at the beginning of its inference until the caller has gone.
            var inferring = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            using var gone = new ManualResetEventSlim();
            using var listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Telemetry.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStarted = activity => _ = activity.OperationName == "infer" && inferring.TrySetResult(PixelBuffer.Outstanding) && gone.Wait(s_patience),
            };
            ActivitySource.AddActivityListener(listener);
            using var call = await OpenAsync(server, new CartoonizeOptions());
            await call.RequestStream.CompleteAsync();
            Assert.True(await inferring.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken) > 0);

            call.Dispose();
            gone.Set();
            await UntilAdmittedAsync(server);
        }

        AssertNothingRented();
    }

    [Fact]
    public async Task A_deadline_that_passes_is_reported_as_such()
    {
        await using var server = await TestServer.StartAsync();

        // The server alone is told: a timer of the client's would be first.
        using var channel = GrpcChannel.ForAddress(server.Grpc, new() { HttpHandler = new DeadlineHandler(), DisposeHttpClient = true });
        using var call = new CartoonService.CartoonServiceClient(channel).Cartoonize(cancellationToken: TestContext.Current.CancellationToken);
        await CartoonCalls.WriteInVainAsync(
            async () =>
            {
                await call.RequestStream.WriteAsync(new CartoonizeRequest { Header = new CartoonizeHeader() });
                await call.RequestStream.WriteAsync(new CartoonizeRequest { Chunk = ByteString.CopyFrom(TestEnvironment.Sample) });
            },
            TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<RpcException>(
            () => call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(s_patience, TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        await CountedAsync(server, "DEADLINE_EXCEEDED");
        await Eventually.HoldsAsync(() => Assert.Equal(0, server.Services.GetRequiredService<Admission>().Entries));
    }

    /// <summary>A warm server with one entry and no queue: it lets the next call in only when the last one has given everything back.</summary>
    private static async Task<TestServer> OneEntryAsync()
    {
        var server = await TestServer.StartAsync("Limits:MaxConcurrentRequests=1", "Limits:MaxQueuedRequests=0");
        await server.UntilReadyAsync();
        return server;
    }

    /// <summary>A call that has sent its whole picture and not yet said that this is all; it is inside when this returns.</summary>
    private static async Task<AsyncDuplexStreamingCall<CartoonizeRequest, CartoonizeResponse>> OpenAsync(
        TestServer server, CartoonizeOptions? options = null)
    {
        var admission = server.Services.GetRequiredService<Admission>();
        var inside = admission.Entries;
        var call = new CartoonService.CartoonServiceClient(server.Channel).Cartoonize();
        var header = new CartoonizeHeader { Options = options ?? new CartoonizeOptions { MaxSide = 64 } };
        await call.RequestStream.WriteAsync(new CartoonizeRequest { Header = header });
        await call.RequestStream.WriteAsync(new CartoonizeRequest { Chunk = ByteString.CopyFrom(TestEnvironment.Sample) });
        Assert.True(SpinWait.SpinUntil(() => admission.Entries > inside, s_patience));
        return call;
    }

    // The last call's own memory goes back just after its answer.
    private static void AssertNothingRented() => Assert.True(
        SpinWait.SpinUntil(
            () => (Upload.Outstanding, PixelBuffer.Outstanding, FloatImage.Outstanding, Plane.Outstanding) == (0, 0, 0, 0), s_patience),
        $"uploads {Upload.Outstanding}, pictures {PixelBuffer.Outstanding}, float pictures {FloatImage.Outstanding}, planes {Plane.Outstanding}");

    /// <summary>The server's only call of Cartoonize has ended so, by its own count.</summary>
    private static async Task CountedAsync(TestServer server, string status, string? reason = null)
    {
        using var http = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            var metrics = await http.GetStringAsync(new Uri(server.Ops, "/metrics"), TestContext.Current.CancellationToken);
            var labels = $$"""error_type="{{reason ?? status}}"[^}]*CartoonService/Cartoonize"[^}]*status_code="{{status}}["]""";
            Assert.Matches($$"""(?m)^rpc_server_call_duration_seconds_count\{[^}]*{{labels}}[^}]*\} 1\b""", metrics);
        });
    }

    private static async Task FinishAsync(AsyncDuplexStreamingCall<CartoonizeRequest, CartoonizeResponse> call)
    {
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.NotNull(call.ResponseStream.Current.Header);

        // To the end: until then it has its entry.
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            Assert.NotEmpty(call.ResponseStream.Current.Chunk);
        }
    }

    private static async Task UntilAdmittedAsync(TestServer server)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (true)
        {
            try
            {
                await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 64 });
                return;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted)
            {
                limit.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    /// <summary>Gives each call a second.</summary>
    private sealed class DeadlineHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("grpc-timeout", "1S");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
