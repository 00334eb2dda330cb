using Microsoft.Data.Sqlite;

namespace DctNet.Cli.Tests.Bulk;

/// <summary>What the servers of a data directory have put on record, read from the file itself.</summary>
internal static class LedgerFile
{
    /// <summary>One watermark id and one idempotency key for each record.</summary>
    public static (string Id, string Key)[] Records(string home)
    {
        var source = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(home, "ledger.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false,
        };
        using var connection = new SqliteConnection(source.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT watermark_id, idempotency_key FROM ledger_record";
        using var reader = command.ExecuteReader();
        var records = new List<(string, string)>();
        while (reader.Read())
        {
            records.Add((reader.GetString(0), reader.GetString(1)));
        }

        return [.. records];
    }
}
