using System.Globalization;
using DctNet.Service.Options;

namespace DctNet.Service.Tests.Ledger;

/// <summary>
/// The process that <see cref="CrashTests"/> kills. Outside its collection: a killed process could not stop a PostgreSQL server that the
/// collection's fixture had started for it.
/// </summary>
public sealed class CrashVictim
{
    public const string Acknowledged = "acknowledged";
    public const string Database = "DCTNET_TEST_LEDGER_DATABASE";
    public const string Home = "DCTNET_TEST_LEDGER_HOME";

    [Fact(Explicit = true)]
    public async Task Records_until_it_is_killed()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(Home) is not null, "Runs inside another test.");
        var options = new LedgerOptions { PostgresConnectionString = Environment.GetEnvironmentVariable(Database), CommitTimeoutSeconds = 60 };
        await using var open = new OpenLedger(options, Environment.GetEnvironmentVariable(Home)!, TestContext.Current.CancellationToken);
        await using var log = new FileStream(
            Path.Combine(Environment.GetEnvironmentVariable(Home)!, Acknowledged), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        ulong next = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var id = Interlocked.Increment(ref next);
                Assert.Null(await open.AddAsync(OpenLedger.Record(id)));
                lock (log)
                {
                    log.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}\n")));
                }
            }
        })));
    }
}
