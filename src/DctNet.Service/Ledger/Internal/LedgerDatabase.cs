using System.Data.Common;
using System.Reflection;
using System.Runtime.ExceptionServices;
using DbUp.Builder;
using DctNet.Core;
using DctNet.Service.Options;

namespace DctNet.Service.Ledger;

/// <summary>What the two databases do differently; their queries are the same (<see cref="LedgerSql"/>).</summary>
internal abstract class LedgerDatabase(DbDataSource source) : IAsyncDisposable, IDisposable
{
    private const int UpgradeAttempts = 3;

    public DbDataSource Source { get; } = source;

    /// <summary>Where it is, without a secret.</summary>
    public abstract string Location { get; }

    /// <summary>Opens the database that the options name, and brings its tables up to date. Safe when several processes do so at once.</summary>
    /// <exception cref="StartupException">It cannot be used.</exception>
    public static LedgerDatabase Open(LedgerOptions options, DataDirectory home)
    {
        LedgerDatabase database = options.PostgresConnectionString is null
            ? new SqliteDatabase(options.File ?? home.LedgerFile, options.CommitTimeoutSeconds)
            : PostgresDatabase.Connect(options.PostgresConnectionString);
        try
        {
            database.Migrate();
            return database;
        }
        catch (Exception exception) when (exception is DbException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            database.Dispose();
            throw new StartupException($"The ledger cannot be used ({database.Location}): {exception.Message}", exception);
        }
    }

    /// <summary>A connection for writing.</summary>
    public async Task<DbConnection> OpenWriterAsync(CancellationToken cancellation)
    {
        var connection = await Source.OpenConnectionAsync(cancellation);
        PrepareWriter(connection);
        return connection;
    }

    /// <summary>Run after an erasure, so that what was erased is not left lying in the database's files.</summary>
    public virtual ValueTask ScrubAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>True when the database refused what it was given; false when it could not be used.</summary>
    public abstract bool IsAboutContent(DbException exception);

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    public void Dispose() => Source.Dispose();

    protected abstract void Migrate();

    protected virtual void PrepareWriter(DbConnection connection)
    {
    }

    /// <summary>
    /// Runs what is new of the embedded scripts, in the order of their names, each with its journal entry in one transaction. Of two servers
    /// that start at once and choose the same script one is rolled back; it looks again and finds the script done.
    /// </summary>
    /// <exception cref="DbException">A script failed, or the database cannot be reached.</exception>
    protected static void Upgrade(UpgradeEngineBuilder builder, string folder)
    {
        var engine = builder
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), name => name.StartsWith(folder, StringComparison.Ordinal))
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .LogToNowhere()
            .Build();
        var result = engine.PerformUpgrade();
        for (var again = 1; !result.Successful && again < UpgradeAttempts; again++)
        {
            result = engine.PerformUpgrade();
        }

        if (!result.Successful)
        {
            ExceptionDispatchInfo.Throw(result.Error);
        }
    }
}
