using System.Runtime.CompilerServices;
using DctNet.Cli.Tests.Servers;
using DctNet.Client;
using DctNet.Core.Tests.Inference;
using DctNet.V1;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace DctNet.Cli.Tests.Client;

/// <summary>Bulk streams whose server speaks at the worst of moments.</summary>
public sealed class BulkTests
{
    private readonly InstantTimers _timers = new();
    private readonly byte[] _portrait = new byte[4 << 20];

    public BulkTests() => new Random(3).NextBytes(_portrait);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refusal_in_the_middle_of_a_write_leaves_nothing_of_it_in_the_next_try()
    {
        var underway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        byte[]? second = null;
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                await stream.StartAsync();
                Assert.Equal("a", (await stream.NextAsync()).Open?.ItemId);

                // Nobody reads, so the window is full and the client waits in a write.
                await underway.Task;
                await stream.RefuseAsync("a");
                await UntilPausedAsync();
                CartoonizeBulkRequest message;
                do
                {
                    message = await stream.NextAsync();
                }
                while (message.Chunk is not null);

                Assert.Equal("a", message.Confirm?.ItemId);
                Assert.Equal("a", (await stream.NextAsync()).Open?.ItemId);
                second = await stream.ReceiveAsync("a");
                await stream.DeliverAsync("a", second);
                await stream.ServeAsync();
            },
        ];

        var results = await RunAsync(server, ["a"], now =>
        {
            // Kestrel's stream window is twelve chunks, less what surrounds them.
            if (now.SentBytes >= 11 * 64 << 10)
            {
                underway.TrySetResult();
            }
        });

        Assert.Equal(_portrait, second);
        Assert.Equal(_portrait, Assert.Single(results).Image.ToArray());
    }

    [Fact]
    public async Task The_status_of_a_try_before_the_cut_is_not_taken_for_the_next_ones()
    {
        var (opened, refused) = (new List<string>(), false);
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                await stream.StartAsync();
                await stream.NextAsync();
                await stream.RefuseAsync("a");
                await UntilPausedAsync();

                // The confirmation is lost.
                throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "cut"));
            },
            async stream =>
            {
                Assert.Equal("session", (await stream.StartAsync(new BulkItemProgress { ItemId = "a", State = BulkItemState.Failed })).SessionId);

                // Statuses may come late: this one after another item.
                while (opened.Count == 0)
                {
                    if ((await stream.NextAsync()).Open is { } open)
                    {
                        opened.Add(open.ItemId);
                    }
                }

                await stream.DeliverAsync("b", await stream.ReceiveAsync("b"));
                refused = true;
                await stream.RefuseAsync("a");
                await stream.ServeAsync();
            },
        ];

        var results = await RunAsync(server, ["a", "b"]);

        Assert.True(refused);
        Assert.Equal(["b"], opened);
        Assert.Equal(["a", "b"], results.Select(result => result.Item.Id).Order());
        Assert.All(results, result => Assert.True(result.Succeeded, result.Error?.Message));
    }

    [Fact]
    public async Task A_source_that_fails_after_a_refusal_fails_its_item_alone()
    {
        var reads = 0;
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                await stream.StartAsync();
                Assert.Equal("a", (await stream.NextAsync()).Open?.ItemId);
                await stream.RefuseAsync("a");
                await UntilPausedAsync();
                await stream.ServeAsync();
            },
        ];
        var failing = new BulkItem
        {
            Id = "a",
            OpenAsync = async _ =>
            {
                // The second time it is read to be sent.
                if (++reads > 1)
                {
                    await UntilPausedAsync();
                    throw new InvalidDataException("bad disk");
                }

                return new MemoryStream(_portrait);
            },
        };

        var results = await RunAsync(server, [failing, BulkItem.FromBytes("b", _portrait)]);

        Assert.IsType<InvalidDataException>(results.Single(result => result.Item.Id == "a").Error);
        Assert.True(results.Single(result => result.Item.Id == "b").Succeeded);
    }

    [Fact]
    public async Task A_result_that_never_comes_as_promised_fails_its_item_and_not_the_run()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                await stream.StartAsync();
                await stream.NextAsync();
                await stream.DeliverAsync("a", await stream.ReceiveAsync("a"), damage: 1);
                await stream.ServeAsync();
            },
            async stream =>
            {
                await stream.StartAsync(new BulkItemProgress { ItemId = "a", State = BulkItemState.Ready });
                await stream.DeliverAsync("a", _portrait, damage: 1);
                Assert.Equal("a", (await stream.NextAsync()).Cancel?.ItemId);
                await stream.EndAsync("a", new Status { Code = (int)Code.Cancelled });
                await stream.ServeAsync();
            },
        ];

        var result = Assert.Single(await RunAsync(server, ["a"]));

        Assert.Equal("CHECKSUM_MISMATCH", Assert.IsType<DctNetException>(result.Error).Reason);
    }

    [Fact]
    public async Task Failures_that_pass_are_waited_out_and_are_none_of_damaged_results()
    {
        // More than damages may be.
        const int Failures = 8;
        byte[] portrait = [1, 2, 3];
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                await stream.StartAsync();
                for (var i = 0; i < Failures; i++)
                {
                    await OpenedAsync(stream);
                    await stream.ReceiveAsync("a");
                    await stream.EndAsync("a", new Status { Code = (int)Code.Unavailable });
                    await stream.SendAsync(new() { Credits = new BulkCredits { Items = 1 } });
                }

                await OpenedAsync(stream);
                await stream.DeliverAsync("a", await stream.ReceiveAsync("a"), damage: 1);
                await stream.ServeAsync();
            },
            async stream =>
            {
                await stream.StartAsync(new BulkItemProgress { ItemId = "a", State = BulkItemState.Ready });
                await stream.DeliverAsync("a", portrait);
                await stream.ServeAsync();
            },
        ];

        var result = Assert.Single(await RunAsync(server, [BulkItem.FromBytes("a", portrait)]));

        Assert.True(result.Succeeded, result.Error?.Message);
        Assert.Equal(portrait, result.Image.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Patience_begins_anew_when_the_server_takes_an_item_but_not_when_it_has_failed_there(bool inside)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        var time = new ManualTime();
        var failure = new Status
        {
            Code = (int)(inside ? Code.Unavailable : Code.ResourceExhausted),
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new RetryInfo { RetryDelay = new() { Seconds = 1 } }) },
        };
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                await stream.StartAsync();
                await OpenedAsync(stream);

                // Else nobody reads, so not all of it can be sent.
                if (inside)
                {
                    await stream.ReceiveAsync("a");
                }

                await FailAsync(stream);
                await OpenedAsync(stream);
                var file = await stream.ReceiveAsync("a");
                time.Advance(TimeSpan.FromMinutes(3));
                if (inside)
                {
                    await stream.EndAsync("a", failure);
                }
                else
                {
                    await FailAsync(stream);
                    await OpenedAsync(stream);
                    await stream.ReceiveAsync("a");
                    await stream.DeliverAsync("a", file);
                }

                await stream.ServeAsync();
            },
        ];
        using var client = new DctNetClient(server.Address, new DctNetClientOptions { TimeProvider = time });
        var options = new BulkOptions { GiveUpAfter = TimeSpan.FromMinutes(2) };

        var results = await client.CartoonizeManyAsync(new[] { BulkItem.FromBytes("a", _portrait) }.ToAsyncEnumerable(), options, limit.Token)
            .ToListAsync(limit.Token);

        Assert.Equal(!inside, Assert.Single(results).Succeeded);

        // Waits until the client has paused, and ends the pause.
        async Task FailAsync(BulkScript stream)
        {
            await stream.EndAsync("a", failure);
            await time.TimerSetAsync(limit.Token);
            time.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task Breaking_off_is_told_to_the_server_though_a_result_comes_meanwhile()
    {
        var brokenOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        List<CartoonizeBulkRequest>? told = null;
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                var files = await ReceiveTwoAsync(stream);

                // Nobody reads, so the client waits in a write of this one.
                Assert.Equal("c", (await stream.NextAsync()).Open?.ItemId);
                await stream.DeliverAsync("a", files[0]);
                await brokenOff.Task;
                await stream.DeliverAsync("b", files[1]);
                told = await stream.RestAsync();
            },
        ];

        await BreakOffAsync(server, new ManualTime(), ["a", "b", "c"], brokenOff);

        Assert.NotNull(told);
        Assert.Equal(["a", "b", "c"], told.Select(message => message.Cancel?.ItemId).OfType<string>().Order());
        Assert.Equal(["a", "b", "c"], told.Select(message => message.Confirm?.ItemId).OfType<string>().Order());
    }

    [Fact]
    public async Task Breaking_off_waits_for_a_server_that_speaks_but_not_for_a_silent_one()
    {
        var brokenOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (over, time) = (new TaskCompletionSource(), new ManualTime());
        List<CartoonizeBulkRequest>? told = null;
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Bulk =
        [
            async stream =>
            {
                var files = await ReceiveTwoAsync(stream);
                await stream.DeliverAsync("a", files[0]);
                await brokenOff.Task;
                for (var i = 0; i < 5; i++)
                {
                    await time.TimerSetAsync(Cancelled);
                    time.Advance(TimeSpan.FromSeconds(1.9));
                    await stream.SendAsync(new() { Credits = new BulkCredits { Items = 1 } });
                }

                await time.TimerSetAsync(Cancelled);
                told = await stream.RestAsync();
                time.Advance(TimeSpan.FromSeconds(2.1));
                await over.Task;
            },
        ];

        await BreakOffAsync(server, time, ["a", "b"], brokenOff);
        over.SetResult();

        Assert.NotNull(told);
        Assert.Equal(["a", "b"], told.Select(message => message.Cancel?.ItemId).OfType<string>().Order());
    }

    /// <summary>Reads what is left of the try before, up to where the item is opened again.</summary>
    private static async Task OpenedAsync(BulkScript stream)
    {
        while ((await stream.NextAsync()).Open is null)
        {
        }
    }

    private static async Task<byte[][]> ReceiveTwoAsync(BulkScript stream)
    {
        await stream.StartAsync();
        var files = new byte[2][];
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = await stream.ReceiveAsync((await stream.NextAsync()).Open.ItemId);
        }

        return files;
    }

    private async Task UntilPausedAsync()
    {
        while (_timers.Waits.IsEmpty)
        {
            await Task.Yield();
        }
    }

    private Task<List<BulkResult>> RunAsync(ScriptedServer server, string[] ids, Action<BulkProgress>? report = null) =>
        RunAsync(server, ids.Select(id => BulkItem.FromBytes(id, _portrait)), report);

    /// <summary>Takes one result and no more.</summary>
    private async Task BreakOffAsync(ScriptedServer server, ManualTime time, string[] ids, TaskCompletionSource brokenOff)
    {
        using var client = new DctNetClient(server.Address, new DctNetClientOptions { TimeProvider = time });
        var results = client.CartoonizeManyAsync(Items(), cancellationToken: Cancelled).GetAsyncEnumerator(Cancelled);
        Assert.True(await results.MoveNextAsync());
        Assert.Equal("a", results.Current.Item.Id);
        await results.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancelled);

        async IAsyncEnumerable<BulkItem> Items([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            foreach (var id in ids)
            {
                yield return BulkItem.FromBytes(id, _portrait);
            }

            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            brokenOff.SetResult();
        }
    }

    private async Task<List<BulkResult>> RunAsync(ScriptedServer server, IEnumerable<BulkItem> items, Action<BulkProgress>? report = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        var options = new DctNetClientOptions
        {
            TimeProvider = _timers, InitialBackoff = TimeSpan.FromHours(100), MaxBackoff = TimeSpan.FromHours(500),
        };
        using var client = new DctNetClient(server.Address, options);
        var bulk = new BulkOptions { Progress = new Reports(report ?? (_ => { })), GiveUpAfter = TimeSpan.FromMinutes(1) };
        var results = new List<BulkResult>();
        await foreach (var result in client.CartoonizeManyAsync(items.ToAsyncEnumerable(), bulk, limit.Token))
        {
            results.Add(result);
        }

        return results;
    }

    private sealed class Reports(Action<BulkProgress> report) : IProgress<BulkProgress>
    {
        public void Report(BulkProgress value) => report(value);
    }
}
