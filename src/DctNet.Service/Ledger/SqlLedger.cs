using System.Data.Common;
using DctNet.Core;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Options;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Ledger;

/// <summary>The ledger in SQLite or PostgreSQL. Holds no pixels.</summary>
/// <remarks>Safe for concurrent use; several processes may have the same database open.</remarks>
internal sealed class SqlLedger : ILedger, IAsyncDisposable, IDisposable
{
    private readonly LedgerDatabase _database;
    private readonly ILogger _logger;
    private readonly CommitQueue _queue;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;

    public SqlLedger(
        LedgerDatabase database, LedgerOptions options, TimeProvider time, ServiceTelemetry telemetry, ILogger<SqlLedger> logger)
    {
        (_database, _logger, _time) = (database, logger, time);
        _patience = TimeSpan.FromSeconds(options.CommitTimeoutSeconds);
        _queue = new CommitQueue(database, options, time, telemetry, logger);
        logger.LedgerOpened(database.Location);
    }

    public bool IsKept => true;

    public ValueTask<Failure?> RecordAsync(LedgerRecord record, CancellationToken cancellationToken) =>
        _queue.AddAsync(record, cancellationToken);

    public ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> FindAsync(
        string? keyId, WatermarkId id, CancellationToken cancellationToken) =>
        ReadAsync(connection => LedgerSql.Find(connection, keyId, id), cancellationToken);

    public ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> FindManifestAsync(string manifestId, CancellationToken cancellationToken) =>
        ReadAsync(connection => LedgerSql.FindManifest(connection, manifestId), cancellationToken);

    /// <summary>Commits what waits.</summary>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    // The host disposes synchronously where a start fails; nothing waits in the queue then.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> ReadAsync(
        Func<DbConnection, DbCommand> query, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await using var connection = await _database.Source.OpenConnectionAsync(either.Token);
            await using var command = query(connection);
            await using var rows = await command.ExecuteReaderAsync(either.Token);
            var records = new List<LedgerRecord>();
            while (await rows.ReadAsync(either.Token))
            {
                records.Add(LedgerSql.Read(rows));
            }

            return records;
        }
        catch (Exception exception) when (exception is DbException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            _logger.LedgerReadFailed(exception);
            return new Failure(FailureCode.LedgerUnavailable, "The ledger cannot be read now; try again later.");
        }
    }
}
