using System.Data.Common;
using DbUp;
using Microsoft.Data.Sqlite;

namespace DctNet.Service.Ledger;

/// <summary>One file, written ahead (WAL) so that readers and the writer of several processes do not wait for each other.</summary>
internal sealed class SqliteDatabase : LedgerDatabase
{
    private const int Busy = 5;
    private const int TooBig = 18;
    private const int Constraint = 19;

    private readonly string _path;
    private readonly string _connectionString;
    private readonly int _patienceSeconds;

    public SqliteDatabase(string path, int patienceSeconds)
        : this(path, patienceSeconds, new SqliteConnectionStringBuilder
        {
            DataSource = path,
            ForeignKeys = true,
            DefaultTimeout = patienceSeconds,
        }.ToString())
    {
    }

    private SqliteDatabase(string path, int patienceSeconds, string connectionString)
        : base(SqliteFactory.Instance.CreateDataSource(connectionString)) =>
        (_path, _patienceSeconds, _connectionString) = (path, patienceSeconds, connectionString);

    public override string Location => _path;

    public override async ValueTask ScrubAsync(CancellationToken cancellation)
    {
        await using var connection = await Source.OpenConnectionAsync(cancellation);

        // Waits for those who still read the state from before: a busy checkpoint is no error to SQLite, and truncates nothing.
        Execute(connection, $"PRAGMA busy_timeout = {1000 * _patienceSeconds}");
        await using var checkpoint = connection.CreateCommand();
        checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        if (await checkpoint.ExecuteScalarAsync(cancellation) is not 0L)
        {
            throw new SqliteException(
                "The records are erased, but somebody still reads the state from before, which is kept in the write-ahead log; erase again.", Busy);
        }
    }

    public override bool IsAboutContent(DbException exception) =>
        exception is SqliteException { SqliteErrorCode: TooBig or Constraint };

    protected override void Migrate()
    {
        CreatePrivate(_path);
        using (var connection = new SqliteConnection(_connectionString))
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL");
        }

        Upgrade(DeployChanges.To.SqliteDatabase(_connectionString).JournalToSqliteTable("ledger_migration"), "Sqlite/");
    }

    // FULL: in WAL mode only this syncs at every commit, which an acknowledged record needs to outlive a power cut.
    protected override void PrepareWriter(DbConnection connection) =>
        Execute(connection, "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Makes the file before SQLite does, which would let others read it; its WAL takes the file's mode. A file that is there is not even
    /// opened: closing it again would end the locks that SQLite holds on it for this process.
    /// </summary>
    private static void CreatePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            new FileStream(path, options).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            // Made before, by this or another process.
        }
    }
}
