using System.Diagnostics;
using System.Globalization;
using DctNet.Service.Options;

namespace DctNet.Service.Tests.Ledger;

/// <summary>What was acknowledged is there after a crash: of the service, of the database.</summary>
[Collection(PostgresGroup.Name)]
public sealed class CrashTests(PostgresCluster postgres) : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dctnet-crash-");

    // A database that hangs fails its own test.
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(3));

    public void Dispose()
    {
        _patience.Dispose();
        _home.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(LedgerTests.Both), MemberType = typeof(LedgerTests))]
    public async Task A_killed_process_loses_no_record_that_it_acknowledged(LedgerTests.Kind kind)
    {
        var database = kind == LedgerTests.Kind.Postgres ? await postgres.NewDatabaseAsync() : "";
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "DctNet.Service.Tests"),
            ["-method", $"*{nameof(CrashVictim)}.{nameof(CrashVictim.Records_until_it_is_killed)}", "-explicit", "only"])
        {
            RedirectStandardOutput = true,
            Environment = { [CrashVictim.Database] = database, [CrashVictim.Home] = _home.FullName },
        };
        var log = Path.Combine(_home.FullName, CrashVictim.Acknowledged);
        using (var victim = Process.Start(start)!)
        {
            var said = victim.StandardOutput.ReadToEndAsync(_patience.Token);
            try
            {
                while (!File.Exists(log) || new FileInfo(log).Length < 5_000)
                {
                    Assert.False(victim.HasExited, "The process that should be killed has ended by itself.");
                    await Task.Delay(1, _patience.Token);
                }
            }
            finally
            {
                victim.Kill(); // SIGKILL
            }

            await said;
            await victim.WaitForExitAsync(_patience.Token);
        }

        await using var open = new OpenLedger(new LedgerOptions { PostgresConnectionString = database }, _home.FullName, _patience.Token);
        var ids = (await File.ReadAllTextAsync(log, _patience.Token)).Split('\n')[..^1];
        Assert.True(ids.Length > 100);
        foreach (var id in ids)
        {
            Assert.Single(await open.FindAsync(ulong.Parse(id, CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task A_crashed_PostgreSQL_loses_no_acknowledged_record_and_is_used_again_when_it_is_back()
    {
        var options = new LedgerOptions { PostgresConnectionString = await postgres.NewDatabaseAsync(), CommitTimeoutSeconds = 60 };
        await using var open = new OpenLedger(options, _home.FullName, _patience.Token);
        var acknowledged = new HashSet<ulong>();
        ulong next = 0;
        var crash = Task.CompletedTask;
        var refused = 0;
        while (refused == 0 || !crash.IsCompleted)
        {
            _patience.Token.ThrowIfCancellationRequested();
            var id = ++next;
            if (await open.AddAsync(OpenLedger.Record(id)) is null)
            {
                acknowledged.Add(id);
            }
            else
            {
                refused++;
            }

            if (id == 200)
            {
                crash = postgres.CrashAsync();
            }
        }

        await crash;
        await postgres.StartAsync();

        Assert.Null(await open.AddAsync(OpenLedger.Record(ulong.MaxValue)));
        Assert.True(acknowledged.Count >= 199);
        foreach (var id in acknowledged)
        {
            Assert.Single(await open.FindAsync(id));
        }
    }
}
