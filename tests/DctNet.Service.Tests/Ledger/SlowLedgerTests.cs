using DctNet.Core.Imaging;
using DctNet.V1;
using Npgsql;

namespace DctNet.Service.Tests.Ledger;

/// <summary>What is held while a ledger takes its time.</summary>
[Collection(PostgresGroup.Name)]
public sealed class SlowLedgerTests(PostgresCluster postgres)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_verification_that_waits_for_the_ledger_holds_no_pixels()
    {
        var connectionString = await postgres.NewDatabaseAsync();
        await using var server = await TestServer.StartAsync($"Ledger:PostgresConnectionString={connectionString}", "Ledger:CommitTimeoutSeconds=600");
        var (header, picture) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 512 });
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(Cancelled);
        await using var locked = await connection.BeginTransactionAsync(Cancelled);
        await using (var command = new NpgsqlCommand("LOCK TABLE ledger_record IN ACCESS EXCLUSIVE MODE", connection, locked))
        {
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        var verifying = server.VerifyAsync(picture);
        await Eventually.HoldsAsync(async () =>
        {
            await using var waiting = source.CreateCommand(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
            Assert.Equal(1L, await waiting.ExecuteScalarAsync(Cancelled));
        });
        await Eventually.HoldsAsync(() => Assert.Equal(0, PixelBuffer.Outstanding));
        await locked.RollbackAsync(Cancelled);

        var report = await verifying;
        Assert.Equal(Verdict.Verified, report.Verdict);
        Assert.Equal(header.Watermark.Id, report.Watermark.Id);
    }
}
