using System.Data.Common;
using DctNet.Core.Watermark;
using DctNet.Service.Composition;
using DctNet.Service.Options;
using Microsoft.Extensions.Configuration;

namespace DctNet.Service.Ledger;

/// <summary>Deletes from the ledger; for operators, beside a running server or without one.</summary>
/// <remarks>Deleted records cannot be had back. SQLite overwrites what they were; PostgreSQL does so when it vacuums.</remarks>
public sealed class LedgerMaintenance : IAsyncDisposable
{
    private readonly LedgerDatabase _database;

    internal LedgerMaintenance(LedgerDatabase database) => _database = database;

    /// <summary>Opens the ledger that a server with this environment would open.</summary>
    /// <exception cref="StartupException">There is none, or it cannot be used.</exception>
    public static LedgerMaintenance Open()
    {
        var options = DctNetOptions.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build()).Ledger;
        return options.Enabled
            ? new LedgerMaintenance(LedgerDatabase.Open(options, Home.Open()))
            : throw new StartupException("The ledger is switched off (DctNet:Ledger:Enabled).");
    }

    /// <summary>Deletes the records of an id, under whatever key.</summary>
    /// <returns>Records deleted.</returns>
    /// <exception cref="DbException">The database cannot be used.</exception>
    public Task<int> EraseAsync(WatermarkId id, CancellationToken cancellationToken) =>
        DeleteAsync(connection => LedgerSql.Erase(connection, id), cancellationToken);

    /// <summary>Deletes all records of a tenant.</summary>
    /// <returns>Records deleted.</returns>
    /// <exception cref="DbException">The database cannot be used.</exception>
    public Task<int> EraseTenantAsync(string tenant, CancellationToken cancellationToken) =>
        DeleteAsync(connection => LedgerSql.EraseTenant(connection, tenant), cancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>Deletes the records made before a time, a part at a time.</summary>
    /// <returns>Records deleted.</returns>
    /// <exception cref="DbException">The database cannot be used.</exception>
    internal Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        DeleteAsync(connection => LedgerSql.Sweep(connection, before), cancellationToken);

    // Until nothing is left to delete. Scrubs even then: what was deleted before may have had a reader.
    private async Task<int> DeleteAsync(Func<DbConnection, DbCommand> deletion, CancellationToken cancellation)
    {
        var all = 0;
        await using (var connection = await _database.OpenWriterAsync(cancellation))
        {
            for (var rows = -1; rows != 0;)
            {
                await using var command = deletion(connection);
                rows = await command.ExecuteNonQueryAsync(cancellation);
                all += rows;
            }
        }

        await _database.ScrubAsync(cancellation);
        return all;
    }
}
