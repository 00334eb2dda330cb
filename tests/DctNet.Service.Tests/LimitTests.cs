using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DctNet.Client;
using DctNet.Core;
using DctNet.Core.Tests.Inference;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Tests.Bulk;
using DctNet.Service.Uploads;
using DctNet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using BulkSessions = DctNet.Service.Bulk.BulkSessions;

namespace DctNet.Service.Tests;

/// <summary>Bounds on a tenant, on slow callers and on the age of a connection.</summary>
[Collection(AloneGroup.Name)]
public sealed class LimitTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_tenant_has_so_many_requests_at_a_time_streams_included()
    {
        await using var server = await TestServer.StartAsync("Limits:MaxTenantRequests=1");
        using (await BulkCall.StartAsync(server))
        {
            var status = await RpcAssert.FailsAsync(
                StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", () => server.CartoonizeAsync(BulkCall.Picture(1)));
            Assert.True(status.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
        }

        using var limit = new CancellationTokenSource(s_patience);
        while (true)
        {
            try
            {
                await server.CartoonizeAsync(BulkCall.Picture(1));
                return;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted)
            {
                // The stream that was cut is on its way out.
                limit.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task A_tenant_that_sends_too_fast_is_told()
    {
        await using var server = await TestServer.StartAsync("Limits:TenantPicturesPerSecond=1", "Limits:TenantBurstSeconds=2");
        using var call = await BulkCall.StartAsync(server);
        for (var i = 0; i < 20; i++)
        {
            await call.OpenAsync($"{i}", BulkCall.Picture(i));
        }

        var refused = await call.UntilAsync(message => message.Status is not null);
        Assert.Equal("QUOTA_EXCEEDED", refused.Status.Status.GetDetail<ErrorInfo>()!.Reason);
    }

    [Fact]
    public async Task Our_client_slows_down_for_its_tenants_rate()
    {
        await using var server = await TestServer.StartAsync("Limits:TenantPicturesPerSecond=1", "Limits:TenantBurstSeconds=1");
        var time = new NotedTime();
        using var client = new DctNetClient(
            server.Grpc, new DctNetClientOptions { TimeProvider = time, InitialBackoff = TimeSpan.Zero, MaxBackoff = TimeSpan.Zero });
        using var limit = new CancellationTokenSource(s_patience);
        var done = 0;
        await foreach (var result in client.CartoonizeManyAsync(Items(), cancellationToken: limit.Token))
        {
            Assert.True(result.Succeeded, result.Error?.Message);
            done++;
        }

        // Without waits of its own, it waits for what the server's refusals say.
        Assert.Equal(4, done);
        Assert.Contains(TimeSpan.FromSeconds(1), time.Waits);

        static async IAsyncEnumerable<BulkItem> Items()
        {
            await Task.Yield();
            for (var i = 0; i < 4; i++)
            {
                yield return BulkItem.FromBytes($"{i}", BulkCall.Picture(i));
            }
        }
    }

    [Fact]
    public async Task An_upload_slower_than_the_least_rate_is_ended_and_a_faster_one_is_not()
    {
        var limits = new LimitOptions { MinUploadBytesPerSecond = 1000 };

        Assert.Null((await UploadAsync(limits, bytesEach: 1100)).Failure);
        Assert.Equal(FailureCode.UploadStalled, (await UploadAsync(limits, bytesEach: 900)).Failure?.Code);
        Assert.Null((await UploadAsync(limits with { MinUploadBytesPerSecond = 0 }, bytesEach: 1)).Failure);
    }

    [Fact]
    public async Task A_bulk_caller_who_does_not_read_is_ended()
    {
        // Their results are larger together than what HTTP/2 takes in for a reader who is away.
        const int Count = 3;
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time, "Limits:IdleTimeoutSeconds=3");
        using var call = await BulkCall.StartAsync(server);
        for (var i = 0; i < Count; i++)
        {
            await call.SendWholeAsync($"{i}", BulkCall.Picture(i, side: 800));
        }

        var sessions = (Service.Bulk.BulkSessions)server.Services.GetService(typeof(Service.Bulk.BulkSessions))!;
        BulkItemProgress[] ready = [];
        await Eventually.HoldsAsync(() =>
        {
            ready = [.. sessions.FindFor(call.Started.SessionId, "anonymous")!.Items.Page("", Count)];
            Assert.All(ready, item => Assert.Equal(BulkItemState.Ready, item.State));
            Assert.Equal(Count, ready.Length);
        });

        await time.PassUntilAsync(
            Eventually.HoldsAsync(() => Assert.Null(sessions.FindFor(call.Started.SessionId, "anonymous")!.Stream)), TestContext.Current.CancellationToken);

        Assert.True(sessions.SpoolBytes > 0);
    }

    [Fact]
    public async Task A_bulk_caller_who_sends_nothing_is_ended_and_can_resume()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time, "Limits:IdleTimeoutSeconds=3");
        using var call = await BulkCall.StartAsync(server);
        await call.OpenAsync("a", BulkCall.Picture(1));
        await call.UntilStateAsync("a", BulkItemState.Receiving);

        await time.PassUntilAsync(call.FailsAsync(StatusCode.DeadlineExceeded, "UPLOAD_STALLED"), TestContext.Current.CancellationToken);

        using var resumed = await BulkCall.StartAsync(server, call.Started.SessionId);
        Assert.False(resumed.Started.ResumeFailed);
    }

    [Fact]
    public async Task A_server_whose_spool_is_full_refuses_another_session()
    {
        await using var server = await TestServer.StartAsync(
            "Limits:MaxUploadBytes=100000", "Bulk:SessionBytes=100000", "Bulk:MaxSpoolBytes=300000", "Bulk:KeepOverRestart=false");
        using var first = await BulkCall.StartAsync(server);
        using var second = BulkCall.Bare(server);
        await second.SendInVainAsync(() => second.SendAsync(new() { Start = new BulkStart() }));

        await second.FailsAsync(StatusCode.ResourceExhausted, "OVERLOADED");
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    public void Who_asks_often_is_one_by_his_network(string first, string second, bool one)
    {
        using var lane = new VerificationLane(new LimitOptions { VerificationsPerMinute = 1 }, new ManualTime());
        Assert.True(Enters(first));
        Assert.Equal(!one, Enters(second));

        bool Enters(string address)
        {
            var context = new DefaultHttpContext();
            context.Connection.RemoteIpAddress = IPAddress.Parse(address);
            var entered = lane.Enter(context).TryGet(out var entry, out _);
            entry?.Dispose();
            return entered;
        }
    }

    [Fact]
    public async Task A_session_with_a_picture_to_draw_keeps_its_room_in_the_spool_without_a_stream()
    {
        await using var server = await TestServer.StartAsync(
            "Limits:MaxUploadBytes=100000",
            "Limits:MaxConcurrentRequests=1",
            "Bulk:SessionBytes=100000",
            "Bulk:MaxSpoolBytes=300000",
            "Bulk:KeepOverRestart=false");
        var sessions = server.Services.GetRequiredService<BulkSessions>();
        var only = await server.Services.GetRequiredService<Admission>()
            .WaitForPlaceAsync(new Work(Lane.Interactive, DecodedBytes: 0, DateTime.MaxValue), TestContext.Current.CancellationToken);
        Assert.True(only.TryGet(out var place, out _));
        string id;
        using (var first = await BulkCall.StartAsync(server))
        {
            id = first.Started.SessionId;
            await first.SendWholeAsync("a", BulkCall.Picture(1));
            await first.UntilStateAsync("a", BulkItemState.Spooled);
        }

        var session = sessions.FindFor(id, Caller.Anonymous.Tenant)!;
        await Eventually.HoldsAsync(() => Assert.Null(session.Stream));
        using (var second = BulkCall.Bare(server))
        {
            await second.SendInVainAsync(() => second.SendAsync(new() { Start = new BulkStart() }));
            await second.FailsAsync(StatusCode.ResourceExhausted, "OVERLOADED");
        }

        place.Dispose();

        await Eventually.HoldsAsync(() => Assert.False(session.Items.HasWork));
        using var third = await BulkCall.StartAsync(server);
    }

    [Fact]
    public async Task An_old_connection_takes_no_new_calls_and_loses_none()
    {
        var (time, age) = (new ManualTime(), TimeSpan.FromSeconds(2));
        await using var server = await TestServer.StartAsync(time, "Limits:MaxConnectionAgeSeconds=1");
        var connections = new ConcurrentQueue<Socket>();
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                connections.Enqueue(socket);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress(server.Grpc, new() { HttpHandler = handler });
        var client = new CartoonService.CartoonServiceClient(channel);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_patience);
        using var running = client.Cartoonize(cancellationToken: limit.Token);
        await running.RequestStream.WriteAsync(new() { Header = new CartoonizeHeader() }, limit.Token);
        await client.ListStylesAsync(new(), cancellationToken: limit.Token);
        Assert.Single(connections);

        // The call that runs keeps the old connection up; others go there until word has come that they should not.
        time.Advance(age);
        while (connections.Count == 1)
        {
            await client.ListStylesAsync(new(), cancellationToken: limit.Token);
        }

        // The second one has nothing to finish.
        time.Advance(age);
        await Eventually.HoldsAsync(() => Assert.True(connections.Last().SafeHandle.IsClosed, "The connection is still there."));
        await client.ListStylesAsync(new(), cancellationToken: limit.Token);
        Assert.Equal(3, connections.Count);

        await running.RequestStream.WriteAsync(new() { Chunk = ByteString.CopyFrom(BulkCall.Picture(1)) }, limit.Token);
        await running.RequestStream.CompleteAsync();
        Assert.True(await running.ResponseStream.MoveNext(limit.Token));
    }

    private static async Task<Outcome<Upload>> UploadAsync(LimitOptions limits, int bytesEach)
    {
        var time = new ManualTime();
        using var reader = new UploadReader<byte[]>(new Slowly(time, bytesEach), limits, time, TestContext.Current.CancellationToken);
        var outcome = await reader.ReadBodyAsync(bytes => RentedChunks.Rent(new ReadOnlySequence<byte>(bytes)), 0);
        if (outcome.TryGet(out var upload, out _))
        {
            upload.Dispose();
        }

        return outcome;
    }

    /// <summary>The system's time, which notes for how long its timers were set.</summary>
    private sealed class NotedTime : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Waits { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Enqueue(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    /// <summary>A minute of messages, one a second.</summary>
    private sealed class Slowly(ManualTime time, int bytesEach) : IAsyncStreamReader<byte[]>
    {
        private int _sent;

        public byte[] Current { get; } = new byte[bytesEach];

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(++_sent <= 60);
        }
    }
}
