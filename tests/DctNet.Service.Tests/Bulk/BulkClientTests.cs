using DctNet.Cli.Tests.Servers;
using DctNet.Client;
using DctNet.Core.Tests.Inference;
using DctNet.V1;

namespace DctNet.Service.Tests.Bulk;

/// <summary>Our client against our server: what a caller of CartoonizeManyAsync sees.</summary>
[Collection(AloneGroup.Name)]
public sealed class BulkClientTests
{
    /// <summary>A run that hangs fails by itself.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Every_item_comes_once_as_a_cartoon_or_as_its_own_error()
    {
        await using var server = await TestServer.StartAsync("Bulk:MaxOpenItems=4", "Bulk:SessionBytes=200000", "Limits:MaxUploadBytes=200000");
        var items = new List<BulkItem>();
        for (var i = 0; i < 24; i++)
        {
            items.Add(i switch
            {
                5 => BulkItem.FromBytes($"{i}", new byte[1000]),
                9 => BulkItem.FromBytes($"{i}", ReadOnlyMemory<byte>.Empty),
                13 => BulkItem.FromBytes($"{i}", new byte[300_000]),
                17 => BulkItem.FromFile($"{i}", "/nowhere/portrait.jpg", "/nowhere/cartoon.png"),
                21 => BulkItem.FromBytes($"{i}", BulkCall.Picture(i), new CartoonizeOptions { Style = "cubism" }),
                _ => BulkItem.FromBytes($"{i}", BulkCall.Picture(i, side: i == 2 ? 200 : 32)),
            });
        }

        var results = await RunAsync(server, items, new BulkOptions { Options = new CartoonizeOptions { Format = ImageFormat.Jpeg } });

        Assert.Equal(items.Select(item => item.Id).Order(), results.Keys.Order());
        var errors = results.Values.Where(result => !result.Succeeded).ToDictionary(result => result.Item.Id, Describe);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["5"] = "UNSUPPORTED_FORMAT",
                ["9"] = "EMPTY_INPUT",
                ["13"] = "UPLOAD_TOO_LARGE",
                ["17"] = nameof(DirectoryNotFoundException),
                ["21"] = "UNKNOWN_STYLE",
            },
            errors);
        Assert.All(results.Values.Where(result => result.Succeeded), result =>
        {
            Assert.Equal(ImageFormat.Jpeg, result.Header!.Format);
            Assert.Equal(result.Header.TotalBytes, (ulong)result.Image.Length);
        });
    }

    [Fact]
    public async Task Streams_rotate_and_nothing_is_sent_twice()
    {
        await using var server = await TestServer.StartAsync();
        var items = Enumerable.Range(0, 20).Select(i => (Id: $"{i}", File: BulkCall.Picture(i))).ToArray();
        var last = default(BulkProgress);
        var options = new BulkOptions
        {
            StreamAge = TimeSpan.FromTicks(1), // Over before the stream is open: each takes one item all the same.
            MaxOpenItems = 4,
            Streams = 2,
            Progress = new Immediately(now => last = now),
        };

        var results = await RunAsync(server, items.Select(item => BulkItem.FromBytes(item.Id, item.File)), options);

        Assert.All(results.Values, result => Assert.True(result.Succeeded));
        Assert.Equal((20, 0, 0, items.Sum(item => item.File.Length)), (last.Done, last.Failed, last.Open, last.SentBytes));
        Assert.True(last.Streams > 2, $"{last.Streams} streams");
    }

    [Fact]
    public async Task A_run_goes_on_where_a_restarted_server_has_kept_its_spool()
    {
        var items = Enumerable.Range(0, 12).Select(i => (Id: $"{i}", File: BulkCall.Picture(i, side: 200))).ToArray();
        var last = default(BulkProgress);
        using var port = KeptPort.Choose();
        string[] settings = [$"Ports:Grpc={port.Number}", "Bulk:KeepOverRestart=true"];
        var server = await TestServer.StartAsync(settings);
        using var client = new DctNetClient(server.Grpc);
        var ids = new HashSet<string>();
        try
        {
            var options = new BulkOptions { Scope = "restart", Progress = new Immediately(now => last = now) };
            await foreach (var result in client.CartoonizeManyAsync(Async(items.Select(i => BulkItem.FromBytes(i.Id, i.File))), options, Limit()))
            {
                Assert.True(result.Succeeded, result.Error?.Message);
                Assert.True(ids.Add(result.Item.Id));
                if (ids.Count is 2 or 6)
                {
                    await server.DisposeAsync();
                    server = await TestServer.StartAsync(settings);
                }
            }
        }
        finally
        {
            await server.DisposeAsync();
        }

        Assert.Equal(12, ids.Count);
        Assert.True(last.Streams >= 3, $"{last.Streams} streams");

        // What was in flight when the connection went, a window of HTTP/2 at most, may have to go again; what was spooled does not.
        const int Window = 768 << 10;
        Assert.InRange(last.SentBytes, items.Sum(i => i.File.Length), items.Sum(i => i.File.Length) + (2 * Window));
    }

    [Fact]
    public async Task Breaking_off_leaves_nothing_in_the_server()
    {
        await using var server = await TestServer.StartAsync();

        // The client waits for a busy server only so long; by a clock that stands still, for as long as it takes.
        using var client = new DctNetClient(server.Grpc, new DctNetClientOptions { TimeProvider = new ManualTime() });
        var results = client.CartoonizeManyAsync(Async(Endless()), cancellationToken: Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await results.MoveNextAsync());
        Assert.True(results.Current.Succeeded);
        await results.DisposeAsync().AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken);

        var sessions = (Service.Bulk.BulkSessions)server.Services.GetService(typeof(Service.Bulk.BulkSessions))!;
        await Eventually.HoldsAsync(() => Assert.Equal((0, 0), (sessions.Count, sessions.SpoolBytes)));
    }

    [Fact]
    public async Task An_error_of_the_callers_list_comes_after_the_items_before_it()
    {
        await using var server = await TestServer.StartAsync();
        using var client = new DctNetClient(server.Grpc);
        var seen = 0;

        var error = await Assert.ThrowsAsync<FileNotFoundException>(async () =>
        {
            await foreach (var result in client.CartoonizeManyAsync(Broken(), cancellationToken: Limit()))
            {
                Assert.True(result.Succeeded);
                seen++;
            }
        });

        Assert.Equal(("the list", 2), (error.Message, seen));

        static async IAsyncEnumerable<BulkItem> Broken()
        {
            yield return BulkItem.FromBytes("1", BulkCall.Picture(1));
            yield return BulkItem.FromBytes("2", BulkCall.Picture(2));
            await Task.Yield();
            throw new FileNotFoundException("the list");
        }
    }

    [Fact]
    public async Task A_service_that_stays_away_ends_the_run()
    {
        using var client = new DctNetClient(new Uri("http://127.0.0.1:1"));
        var options = new BulkOptions { GiveUpAfter = TimeSpan.FromSeconds(1) };

        var error = await Assert.ThrowsAsync<DctNetException>(async () =>
        {
            await foreach (var _ in client.CartoonizeManyAsync(Async(Endless()), options, Limit()))
            {
            }
        });

        Assert.Equal(Grpc.Core.StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task A_default_that_the_server_refuses_ends_the_run_at_once()
    {
        await using var server = await TestServer.StartAsync();
        using var client = new DctNetClient(server.Grpc);
        var options = new BulkOptions { Options = new CartoonizeOptions { Style = "cubism" } };

        var error = await Assert.ThrowsAsync<DctNetException>(async () =>
        {
            await foreach (var _ in client.CartoonizeManyAsync(Async(Endless()), options, Limit()))
            {
            }
        });

        Assert.Equal("UNKNOWN_STYLE", error.Reason);
    }

    private static string Describe(BulkResult result) => result.Error is DctNetException known ? known.Reason : result.Error!.GetType().Name;

    private static CancellationToken Limit() => CancellationTokenSource
        .CreateLinkedTokenSource(TestContext.Current.CancellationToken, new CancellationTokenSource(s_patience).Token).Token;

    private static IEnumerable<BulkItem> Endless()
    {
        for (var i = 0; ; i++)
        {
            yield return BulkItem.FromBytes($"{i}", BulkCall.Picture(i));
        }
    }

    private static async IAsyncEnumerable<BulkItem> Async(IEnumerable<BulkItem> items)
    {
        foreach (var item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }

    private static async Task<Dictionary<string, BulkResult>> RunAsync(TestServer server, IEnumerable<BulkItem> items, BulkOptions options)
    {
        using var client = new DctNetClient(server.Grpc);
        var results = new Dictionary<string, BulkResult>();
        await foreach (var result in client.CartoonizeManyAsync(Async(items), options, Limit()))
        {
            results.Add(result.Item.Id, result);
        }

        return results;
    }

    private sealed class Immediately(Action<BulkProgress> report) : IProgress<BulkProgress>
    {
        public void Report(BulkProgress value) => report(value);
    }
}
