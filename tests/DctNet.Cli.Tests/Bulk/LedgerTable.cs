using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DctNet.Cli.Tests.Bulk;

/// <summary>What servers have put on record, read from the database itself: one watermark id and one idempotency key for each record.</summary>
internal static class LedgerTable
{
    private const string Query = "SELECT watermark_id, idempotency_key FROM ledger_record";

    /// <summary>The file of a data directory.</summary>
    public static (string Id, string Key)[] Records(string home)
    {
        var source = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(home, "ledger.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false,
        };
        using var connection = new SqliteConnection(source.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Query;
        using var reader = command.ExecuteReader();
        return Read(reader);
    }

    /// <summary>A database of PostgreSQL.</summary>
    public static async Task<(string Id, string Key)[]> RecordsAsync(string connection, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(Query);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return Read(reader);
    }

    private static (string Id, string Key)[] Read(DbDataReader reader)
    {
        var records = new List<(string, string)>();
        while (reader.Read())
        {
            records.Add((reader.GetString(0), reader.GetString(1)));
        }

        return [.. records];
    }
}
