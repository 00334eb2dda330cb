using System.Data.Common;
using System.Diagnostics;
using System.Threading.Channels;
using DctNet.Core;
using DctNet.Core.Provenance;
using DctNet.Service.Options;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Ledger;

/// <summary>
/// Group commit: one writer takes what waits, as many records as there are, into one transaction. So a commit's cost, a sync of the
/// disk, is shared under load, and a record waits for no more than the commit before its own. Full, the queue makes its callers wait.
/// </summary>
internal sealed class CommitQueue : IAsyncDisposable
{
    /// <summary>Records in one transaction at most; beyond it the sync is a small part of the whole.</summary>
    private const int MaxBatch = 256;

    private static readonly Failure s_refused = new(FailureCode.Internal, "The ledger refused the record.");

    private static readonly Failure s_taken = new(FailureCode.Internal, "The watermark's id is on record for somebody else.");

    private readonly LedgerDatabase _database;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly ServiceTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly Failure _late;
    private readonly Channel<Pending> _channel;
    private readonly Task _writer;
    private DbConnection? _connection;

    public CommitQueue(LedgerDatabase database, LedgerOptions options, TimeProvider time, ServiceTelemetry telemetry, ILogger logger)
    {
        (_database, _time, _telemetry, _logger) = (database, time, telemetry, logger);
        _patience = TimeSpan.FromSeconds(options.CommitTimeoutSeconds);
        _late = new Failure(FailureCode.LedgerUnavailable, "The result could not be put on record in time; try again later.");
        _channel = Channel.CreateBounded<Pending>(new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true });
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Null when the record is committed.</summary>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async ValueTask<Failure?> AddAsync(LedgerRecord record, CancellationToken cancellation)
    {
        var pending = new Pending(record);
        using var patience = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _channel.Writer.WriteAsync(pending, either.Token);
            return await pending.Result.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return _late;
        }
        catch (ChannelClosedException)
        {
            return _late;
        }
        finally
        {
            // Nobody waits any more: a queue that an outage filled is not worked off in vain.
            pending.Complete(_late);
        }
    }

    /// <summary>Commits what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _writer;
        await DisconnectAsync();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Pending>(MaxBatch);
        while (await _channel.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _channel.Reader.TryRead(out var pending))
            {
                if (!pending.Result.IsCompleted)
                {
                    batch.Add(pending);
                }
            }

            if (batch.Count > 0)
            {
                await CommitAsync(batch);
            }

            batch.Clear();
        }
    }

    private async Task CommitAsync(List<Pending> batch)
    {
        try
        {
            await TwiceAsync(batch);
        }
        catch (DbException exception) when (batch.Count > 1 && _database.IsAboutContent(exception))
        {
            // One record that the database will not have must not take the others with it.
            foreach (var pending in batch)
            {
                await CommitAsync([pending]);
            }
        }
        catch (Exception exception)
        {
            await DisconnectAsync();
            _logger.LedgerWriteFailed(exception, batch.Count);
            var failure = exception is DbException problem && _database.IsAboutContent(problem) ? s_refused : _late;
            batch.ForEach(pending => pending.Complete(failure));
        }
    }

    /// <summary>A connection that went stale, as over a failover, shows at its first use; nothing is lost by saying it all again.</summary>
    private async Task TwiceAsync(List<Pending> batch)
    {
        try
        {
            await OnceAsync(batch);
        }
        catch (DbException exception) when (!_database.IsAboutContent(exception))
        {
            await DisconnectAsync();
            await OnceAsync(batch);
        }
    }

    private async Task OnceAsync(List<Pending> batch)
    {
        var start = Stopwatch.GetTimestamp();
        _connection ??= await _database.OpenWriterAsync(CancellationToken.None);
        var taken = new HashSet<Pending>();
        await using (var transaction = await _connection.BeginTransactionAsync())
        {
            foreach (var pending in batch)
            {
                await using var add = LedgerSql.Add(_connection, transaction, pending.Record);
                if (await add.ExecuteNonQueryAsync() == 0)
                {
                    // The id is another tenant's, which random 64-bit ids make a matter of forgery.
                    taken.Add(pending);
                }
            }

            await transaction.CommitAsync();
        }

        _telemetry.LedgerCommitted(batch.Count, Stopwatch.GetElapsedTime(start));
        batch.ForEach(pending => pending.Complete(taken.Contains(pending) ? s_taken : null));
    }

    private async Task DisconnectAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    private sealed class Pending(LedgerRecord record)
    {
        private readonly TaskCompletionSource<Failure?> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LedgerRecord Record => record;

        public Task<Failure?> Result => _result.Task;

        public void Complete(Failure? failure) => _result.TrySetResult(failure);
    }
}
