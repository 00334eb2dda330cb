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
        EraseAsync(connection => LedgerSql.Erase(connection, id), cancellationToken);

    /// <summary>Deletes all records of a tenant.</summary>
    /// <returns>Records deleted.</returns>
    /// <exception cref="DbException">The database cannot be used.</exception>
    public Task<int> EraseTenantAsync(string tenant, CancellationToken cancellationToken) =>
        EraseAsync(connection => LedgerSql.EraseTenant(connection, tenant), cancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>Deletes the records made before a time, a part at a time.</summary>
    /// <returns>Records deleted.</returns>
    /// <exception cref="DbException">The database cannot be used.</exception>
    internal async Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var all = 0;
        await using (var connection = await _database.OpenWriterAsync(cancellationToken))
        {
            for (var rows = -1; rows != 0; all += rows)
            {
                await using var sweep = LedgerSql.Sweep(connection, before);
                rows = await sweep.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        if (all > 0)
        {
            await _database.ScrubAsync(cancellationToken);
        }

        return all;
    }

    private async Task<int> EraseAsync(Func<DbConnection, DbCommand> deletion, CancellationToken cancellation)
    {
        int rows;
        await using (var connection = await _database.OpenWriterAsync(cancellation))
        {
            await using var command = deletion(connection);
            rows = await command.ExecuteNonQueryAsync(cancellation);
        }

        await _database.ScrubAsync(cancellation);
        return rows;
    }
}
