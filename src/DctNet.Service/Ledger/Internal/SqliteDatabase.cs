using System.Data.Common;
using DbUp;
using Microsoft.Data.Sqlite;

namespace DctNet.Service.Ledger;

/// <summary>One file, written ahead (WAL) so that readers and the writer of several processes do not wait for each other.</summary>
internal sealed class SqliteDatabase : LedgerDatabase
{
    private const int TooBig = 18;
    private const int Constraint = 19;

    private readonly string _path;
    private readonly string _connectionString;

    public SqliteDatabase(string path, int patienceSeconds)
        : this(path, new SqliteConnectionStringBuilder
        {
            DataSource = path,
            ForeignKeys = true,
            DefaultTimeout = patienceSeconds,
        }.ToString())
    {
    }

    private SqliteDatabase(string path, string connectionString)
        : base(SqliteFactory.Instance.CreateDataSource(connectionString)) => (_path, _connectionString) = (path, connectionString);

    public override string Location => _path;

    public override async ValueTask ScrubAsync(CancellationToken cancellation)
    {
        await using var connection = await Source.OpenConnectionAsync(cancellation);
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
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
