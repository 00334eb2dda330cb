using System.Diagnostics;
using System.Text.Json;
using DctNet.Cli.Tests.Commands;

namespace DctNet.Cli.Tests.Bulk;

/// <summary>
/// Real processes over real sockets, killed while they work: three times the server, twice the client. Every picture is delivered, none is
/// lost, and each has one id.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public Task Killed_servers_and_clients_lose_nothing() => RunAsync(pictures: 40, side: 200, patience: TimeSpan.FromMinutes(15));

    [Fact]
    public Task Killed_servers_and_clients_lose_nothing_of_thousands()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("DCTNET_SLOW") == "1", "Slow; runs with DCTNET_SLOW=1.");
        return RunAsync(pictures: 5000, side: 32, patience: TimeSpan.FromMinutes(30));
    }

    private async Task RunAsync(int pictures, int side, TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(patience);
        var cancellation = limit.Token;
        for (var i = 0; i < pictures; i++)
        {
            _files.Add($"in/{i % 7}/{i}.png", Pictures.Gradient(i, side));
        }

        using var server = new ServerProcess(_files["home"]);
        await server.StartAsync(cancellation);
        string[] command =
            ["cartoonize", _files["in"], "-o", _files["out"], "--recursive", "--format", "jpeg", "--server", server.Address.ToString(), "--report"];

        // The first run sees the server die, and dies; the second too; the third sees it die and finishes.
        string[] targets = ["server", "client", "server", "client", "server"];
        var run = 0;
        var client = DctnetProcess.Start([.. command, _files["report.0"]]);
        try
        {
            for (var i = 0; i < targets.Length; i++)
            {
                await UntilMadeAsync(pictures * (i + 1) / 8, client, cancellation);
                if (targets[i] == "server")
                {
                    await server.KillAsync(cancellation);
                    await server.StartAsync(cancellation);
                }
                else
                {
                    client.Kill();

                    // Until then it has the output directory.
                    await client.WaitAsync(cancellation);
                    client.Dispose();
                    client = DctnetProcess.Start([.. command, _files[$"report.{++run}"], "--resume"]);
                }
            }

            var result = await client.WaitAsync(cancellation);
            Assert.True(result.ExitCode == 0, result.Error);
            TestContext.Current.TestOutputHelper?.WriteLine(result.Error);
            await server.KillAsync(cancellation);
            var peaks = server.PeakBytes.Select(bytes => $"{bytes >> 20} MiB");
            TestContext.Current.TestOutputHelper?.WriteLine($"working set of the servers, at most: {string.Join(", ", peaks)}");
        }
        finally
        {
            client.Dispose();
        }

        var lines = File.ReadLines(_files[$"report.{run}"]).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(pictures, lines.Select(line => line.GetProperty("input").GetString()).Distinct().Count());
        Assert.Equal(pictures, lines.Length);
        Assert.All(lines, line => Assert.Matches("^(done|kept)$", line.GetProperty("state").GetString()));
        Assert.Equal(pictures, lines.Select(line => line.GetProperty("id").GetString()).Distinct().Count());
        Assert.All(lines, line => Assert.True(File.Exists(line.GetProperty("output").GetString())));
        Assert.Equal(pictures, Directory.GetFiles(_files["out"], "*.jpg", SearchOption.AllDirectories).Length);
        Assert.Empty(Directory.GetFiles(_files["out"], "*.part", SearchOption.AllDirectories));

        // The last server was killed too: what it had put on record had to be on the disk.
        var records = LedgerTable.Records(_files["home"]);
        Assert.Equal(pictures, records.Length);
        Assert.Equal(pictures, records.Select(record => record.Key).Distinct().Count());
        Assert.Equal(lines.Select(line => line.GetProperty("id").GetString()).Order(), records.Select(record => record.Id).Order());

        // What one run has reported, no later one has reported otherwise.
        var ids = Directory.GetFiles(_files[""], "report.*").SelectMany(File.ReadLines).Select(Parse).OfType<(string, string)>();
        Assert.All(ids.GroupBy(line => line.Item1), group => Assert.Single(group.Distinct()));
    }

    // A line that a killed process has half written is none.
    private static (string, string)? Parse(string line)
    {
        try
        {
            var fields = JsonDocument.Parse(line).RootElement;
            return (fields.GetProperty("input").GetString()!, fields.GetProperty("id").GetString()!);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task UntilMadeAsync(int count, DctnetProcess client, CancellationToken cancellation)
    {
        var polling = Stopwatch.StartNew();
        while (!Directory.Exists(_files["out"]) || Directory.GetFiles(_files["out"], "*.jpg", SearchOption.AllDirectories).Length < count)
        {
            if (client.HasExited)
            {
                Assert.Fail($"The client ended early: {(await client.WaitAsync(cancellation)).Error}");
            }

            await Task.Delay(20, cancellation);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} made after {polling.Elapsed.TotalSeconds:F1} s more");
    }
}
