using System.Threading.Channels;
using DctNet.Core;
using DctNet.Core.Pipeline;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.V1;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Bulk;

/// <summary>The sessions that this instance holds, those that an earlier process has left in the spool included.</summary>
internal sealed class BulkSessions : IDisposable
{
    private static readonly Failure s_full = new(
        FailureCode.Overloaded, "The server's spool has no room for another session; try again later.");

    /// <summary>How long the stream before may take to let its session go. It waits for nothing but its last write to the disk.</summary>
    private static readonly TimeSpan s_takeover = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, BulkSession> _sessions = new(StringComparer.Ordinal);
    private readonly Channel<BulkSession> _listed = Channel.CreateUnbounded<BulkSession>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly BulkSurroundings _surroundings;

    public BulkSessions(
        Spool spool,
        DctNetOptions options,
        CartoonPipeline pipeline,
        Admission admission,
        ServiceTelemetry telemetry,
        TimeProvider time,
        ILogger<BulkSessions> logger)
    {
        _surroundings = new BulkSurroundings(
            spool,
            options.Bulk,
            options.Limits,
            pipeline.Check,
            admission.CountPicture,
            session => _listed.Writer.TryWrite(session),
            time,
            logger);
        Recover();
        telemetry.ObserveBulk(() => (long)Count, () => SpoolBytes);
    }

    /// <summary>Cancelled when streams are to end, because the server does.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Bytes of the spool in use.</summary>
    public long SpoolBytes
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Values.Sum(session => session.Items.DiskBytes);
            }
        }
    }

    private BulkOptions Options => _surroundings.Options;

    /// <summary>Gives a stream its session: the one it asks for, where that is held here, else a new one.</summary>
    public async Task<Outcome<BulkSession>> AttachAsync(BulkStart start, string tenant, BulkStream stream, CancellationToken cancellation)
    {
        while (true)
        {
            BulkSession? session;
            BulkStream before;
            lock (_gate)
            {
                session = Find(start.SessionId, tenant);
                if (session?.Stream is null)
                {
                    if (!HasRoomFor(session))
                    {
                        return s_full;
                    }

                    if (session is not null)
                    {
                        session.Stream = stream;
                        return session;
                    }

                    session = NewSession(start, tenant);
                    session.Stream = stream;
                    _sessions.Add(session.Id, session);
                    break;
                }

                before = session.Stream;
            }

            // A connection can be dead for the caller long before the server hears of it.
            await before.SupersedeAsync().WaitAsync(s_takeover, _surroundings.Time, cancellation);
        }

        return WriteNew(start, tenant, stream);
    }

    /// <summary>A stream has ended.</summary>
    public void Detach(BulkSession session)
    {
        session.Items.Detach();
        lock (_gate)
        {
            session.Stream = null;
            session.IdleSince = _surroundings.Time.GetUtcNow();
            if (session.Items.Count > 0)
            {
                Touch(session);
                return;
            }

            _sessions.Remove(session.Id);
        }

        Delete(session);
    }

    public BulkSession? FindFor(string id, string tenant)
    {
        lock (_gate)
        {
            return Find(id, tenant);
        }
    }

    /// <summary>The next session in line that has something to draw.</summary>
    public ValueTask<BulkSession> NextWithWorkAsync(CancellationToken cancellation) => _listed.Reader.ReadAsync(cancellation);

    /// <summary>Deletes the sessions whose time is over. To be called often within a time to live.</summary>
    public void Expire()
    {
        var now = _surroundings.Time.GetUtcNow();
        var oldest = now - TimeSpan.FromMinutes(Options.TimeToLiveMinutes);
        BulkSession[] expired;
        lock (_gate)
        {
            // After a crash theirs begins here: nobody will have detached them.
            foreach (var session in _sessions.Values.Where(session => session.Stream is not null && session.Items.Count > 0))
            {
                session.IdleSince = now;
                Touch(session);
            }

            expired = [.. _sessions.Values.Where(session => session.Stream is null && session.IdleSince < oldest)];
            foreach (var session in expired)
            {
                _sessions.Remove(session.Id);
            }
        }

        foreach (var session in expired)
        {
            _surroundings.Logger.SessionExpired(session.Items.Count);
            Delete(session);
        }

        OnDisk(() => _surroundings.Spool.DeleteAbandoned(oldest));
    }

    /// <summary>Ends the streams; their sessions stay in the spool.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose()
    {
        _stopping.Dispose();
    }

    private BulkSession? Find(string id, string tenant) =>
        _sessions.TryGetValue(id, out var session) && session.Tenant == tenant ? session : null;

    private bool HasRoomFor(BulkSession? resumed)
    {
        var taken = _sessions.Values.Where(session => session != resumed).Sum(Reserved);
        return taken + Options.StreamReservation <= Options.MaxSpoolBytes;
    }

    // What is left to draw becomes results, stream or no stream.
    private long Reserved(BulkSession session) => session.Stream is null && !session.Items.HasWork
        ? session.Items.DiskBytes
        : Math.Max(session.Items.DiskBytes, Options.StreamReservation);

    private SessionFiles FilesOf(string session) => FilesIn(_surroundings.Spool.PathOf(session));

    private SessionFiles FilesIn(string directory) => new(directory, _surroundings.Spool.Key);

    private BulkSession NewSession(BulkStart start, string tenant)
    {
        start.SessionId = Guid.NewGuid().ToString("n");
        return new BulkSession(tenant, start, FilesOf(start.SessionId), _surroundings);
    }

    private Outcome<BulkSession> WriteNew(BulkStart start, string tenant, BulkStream stream)
    {
        BulkSession session;
        lock (_gate)
        {
            session = _sessions[start.SessionId];
        }

        try
        {
            _surroundings.Spool.CreateDirectory(session.Id);
            FilesOf(session.Id).WriteAbout(tenant, start);
            return session;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _surroundings.Logger.SpoolFailed(exception);
            Detach(session);
            return s_full;
        }
    }

    private void Recover()
    {
        foreach (var directory in Directory.GetDirectories(_surroundings.Spool.Root))
        {
            try
            {
                Recover(FilesIn(directory));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
            {
                // Left as it is: the others are worth a start.
                _surroundings.Logger.SpoolFailed(exception);
            }
        }

        if (_sessions.Count > 0)
        {
            _surroundings.Logger.SpoolRecovered(_sessions.Count, _sessions.Values.Sum(session => session.Items.Count));
        }
    }

    private void Recover(SessionFiles files)
    {
        if (files.ReadAbout() is not { } about)
        {
            files.Delete();
            return;
        }

        var session = new BulkSession(about.Tenant, about.Start, files, _surroundings) { IdleSince = about.Used };
        session.Recover();
        _sessions.Add(session.Id, session);
    }

    // The time to live goes on over a restart.
    private void Touch(BulkSession session) => OnDisk(session.Touch);

    private void Delete(BulkSession session) => OnDisk(session.Delete);

    private void OnDisk(Action change)
    {
        try
        {
            change();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _surroundings.Logger.SpoolFailed(exception);
        }
    }
}
