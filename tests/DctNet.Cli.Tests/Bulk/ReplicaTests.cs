using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DctNet.Cli.Tests.Commands;
using DctNet.Client;
using DctNet.Core.Watermark;
using DctNet.Service.Tests.Ledger;
using DctNet.V1;

namespace DctNet.Cli.Tests.Bulk;

/// <summary>
/// Two real servers as two pods have it: a data directory and so a spool each, one watermark key, and one ledger in PostgreSQL. The first
/// dies for good.
/// </summary>
public sealed class ReplicaTests(PostgresCluster postgres) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_run_whose_server_is_gone_for_good_ends_on_another_replica_with_one_record_each()
    {
        const int Count = 40;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(15));
        var ledger = await postgres.NewDatabaseAsync();
        var key = _files.Add("watermark.key", new WatermarkKeyRing(WatermarkKey.NewRandom()).ExportText());
        string[] settings = [$"Ledger:PostgresConnectionString={ledger}", $"Watermark:KeyFile={key}"];
        using var first = new ServerProcess(_files["first"], settings);
        await first.StartAsync(limit.Token);
        using var second = new ServerProcess(_files["second"], settings);
        await second.StartAsync(limit.Token);
        using var balancer = Balance(first.Port, second.Port);
        using var client = new DctNetClient(first.Address, new DctNetClientOptions { Handler = balancer });
        var files = Enumerable.Range(0, Count).ToDictionary(i => $"{i}", i => Gradient(i));
        var last = default(BulkProgress);
        var options = new BulkOptions
        {
            Scope = "job",
            Options = new CartoonizeOptions { Format = ImageFormat.Jpeg },
            Progress = new Latest(now => last = now),

            // However late this test comes to see the results, some items are not begun when the first server dies.
            MaxOpenItems = Count / 2,
        };

        var ids = new Dictionary<string, string>();
        var items = files.Select(file => BulkItem.FromBytes(file.Key, file.Value)).ToAsyncEnumerable();
        await foreach (var result in client.CartoonizeManyAsync(items, options, limit.Token))
        {
            Assert.True(result.Succeeded, result.Error?.ToString());
            ids.Add(result.Item.Id, result.Header.Watermark.Id);
            if (ids.Count == Count / 4)
            {
                await first.KillAsync(limit.Token);
            }
        }

        Assert.Equal(files.Keys.Order(), ids.Keys.Order());
        Assert.True(last.Streams > 1);

        // What the first had acknowledged and not delivered had to be sent again, no more than was open; what was delivered had not.
        var total = files.Values.Sum(file => (long)file.Length);
        Assert.InRange(last.SentBytes, total, 2 * total);
        var records = await LedgerTable.RecordsAsync(ledger, limit.Token);
        Assert.Equal(Count, records.Length);
        Assert.Equal(Count, records.Select(record => record.Key).Distinct().Count());
        Assert.Equal(ids.Values.Order(), records.Select(record => record.Id).Order());

        static byte[] Gradient(int seed) => Pictures.Gradient(seed, side: 200);
    }

    /// <summary>Connects to the first of two servers that is there, as a balancer in front of both would.</summary>
    private static SocketsHttpHandler Balance(params int[] ports) => new()
    {
        ConnectCallback = async (_, cancellation) =>
        {
            foreach (var port in ports)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (SocketException) when (port != ports[^1])
                {
                    socket.Dispose();
                }
            }

            throw new UnreachableException();
        },
    };

    private sealed class Latest(Action<BulkProgress> report) : IProgress<BulkProgress>
    {
        public void Report(BulkProgress value) => report(value);
    }
}
