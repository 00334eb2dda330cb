using System.Threading.Channels;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>
/// The items of a lane and what may happen to them. The sending side of the present stream, its receiving side and the caller come here
/// from threads of their own; every change is one step under one gate.
/// </summary>
/// <remarks>
/// <code>
/// Waiting ─ open ─▶ Sending ─ finish ─▶ Sent ─ result ─▶ Ended ─ taken ─▶ Confirmed ─ DONE ─▶ forgotten
///    ▲                 ├── refused for now ──┴─▶ Pausing ─ time ─▶ Waiting
///    │                 └── own streams failed ─▶ Withdrawn ─ status ─▶ Ended
///    └──────────── status ─ Withdrawn ◀─ found in the session that is resumed
/// </code>
/// The wire knows an item by its id alone. So an id is opened again only when the status of the try before has come and its confirmation
/// has gone out; whatever comes for it then is about the present try.
/// </remarks>
internal sealed class BulkEntries(BulkRun run)
{
    /// <summary>Tries of an item whose bytes come damaged: more than chance does, less than a broken disk or memory would.</summary>
    private const int MaxDamages = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, BulkEntry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<CartoonizeBulkRequest> _controls = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private BulkCredits _credits = new();
    private int _reportedOpen;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count == 0;
            }
        }
    }

    /// <summary>Something has changed that the sending side may wait for.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    public Task WaitAsync(CancellationToken cut) => _signal.Reader.ReadAsync(cut).AsTask();

    /// <summary>A stream has begun: what may be sent on it, and what its session holds.</summary>
    public void Begin(BulkCredits credits, IReadOnlyDictionary<string, BulkItemProgress> held)
    {
        lock (_gate)
        {
            _credits = credits;
            _controls.Clear();
            foreach (var entry in _entries.Values.ToArray())
            {
                Resume(entry, held.GetValueOrDefault(entry.Id));
            }

            // Of an earlier stream, and over for us.
            foreach (var id in held.Keys.Where(id => !_entries.ContainsKey(id)))
            {
                Cancel(id);
                Acknowledge(id);
            }
        }
    }

    /// <summary>Nobody wants the items any more.</summary>
    public void AbandonAll()
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values.Where(entry => entry.IsHeld && entry.Phase != BulkPhase.Confirmed))
            {
                Cancel(entry.Id);
                Acknowledge(entry.Id);
            }
        }
    }

    public CartoonizeBulkRequest? NextControl()
    {
        lock (_gate)
        {
            return _controls.TryDequeue(out var control) ? control : null;
        }
    }

    /// <summary>The item to be sent next, or null. What the server has a part of goes first: until it is whole it holds its credits.</summary>
    /// <param name="takesNew">Whether it may be one that the run has not begun yet.</param>
    public BulkEntry? Pick(bool takesNew)
    {
        lock (_gate)
        {
            var next = _entries.Values.FirstOrDefault(entry => entry.Phase == BulkPhase.Sending)
                ?? _entries.Values.FirstOrDefault(entry => entry.Phase == BulkPhase.Waiting);
            if (next is null && takesNew && _entries.Count < run.Options.MaxOpenItems && run.TakeItem() is { } item)
            {
                next = new BulkEntry(item, this);
                _entries.Add(item.Id, next);
                ReportOpen();
            }

            return next;
        }
    }

    /// <summary>Begins a try at sending an item, or goes on with it; null where it must wait.</summary>
    public BulkUpload? TryBegin(BulkEntry entry)
    {
        lock (_gate)
        {
            // The confirmation of the try before may be among them.
            if (_controls.Count > 0)
            {
                Wake();
                return null;
            }

            var upload = entry.Phase switch
            {
                BulkPhase.Sending => entry.Upload!,
                BulkPhase.Waiting => new BulkUpload(entry, committed: 0, isAnnounced: false),
                _ => null,
            };

            // With nothing else open no more credits will come: an item that is too large is left to the server to refuse.
            if (upload is null || ((ulong)upload.Left > _credits.Bytes && _entries.Values.Any(other => other != entry && other.IsHeld)))
            {
                return null;
            }

            if (!upload.IsAnnounced)
            {
                if (_credits.Items == 0)
                {
                    return null;
                }

                _credits.Items--;
                (entry.Phase, entry.IsHeld, entry.Upload) = (BulkPhase.Sending, true, upload);
            }

            return upload;
        }
    }

    /// <summary>True while the server waits for bytes of this try.</summary>
    public bool IsWanted(BulkUpload upload)
    {
        lock (_gate)
        {
            return IsPresent(upload);
        }
    }

    /// <summary>Takes the credits for a chunk; false where there are none, or the try is over.</summary>
    public bool TrySpend(BulkUpload upload, int bytes)
    {
        lock (_gate)
        {
            if (!IsPresent(upload) || _credits.Bytes < (ulong)bytes)
            {
                return false;
            }

            _credits.Bytes -= (ulong)bytes;
            return true;
        }
    }

    /// <summary>All bytes of a try are sent; false where it is over.</summary>
    public bool TryFinish(BulkUpload upload)
    {
        lock (_gate)
        {
            if (!IsPresent(upload))
            {
                return false;
            }

            upload.Entry.Phase = BulkPhase.Sent;
            if (!upload.Entry.HasFailedWhole)
            {
                // The server takes it after all. Not so after failures behind that: item and run would never end.
                upload.Entry.FailingSince = null;
            }

            return true;
        }
    }

    /// <summary>The item's own streams failed, and with them the item, once the server has let go of it.</summary>
    public void Withdraw(BulkEntry entry, Exception error)
    {
        lock (_gate)
        {
            if (entry.Phase is BulkPhase.Sending or BulkPhase.Sent)
            {
                (entry.OwnError, entry.Phase) = (error, BulkPhase.Withdrawn);
                Cancel(entry.Id);
            }
            else if (entry.Phase is BulkPhase.Waiting or BulkPhase.Pausing)
            {
                End(entry, new BulkResult(entry.Item, error));
            }
        }
    }

    public void Grant(BulkCredits credits)
    {
        lock (_gate)
        {
            _credits.Items += credits.Items;
            _credits.Bytes += credits.Bytes;
        }

        Wake();
    }

    /// <summary>The item whose result the server owes, if it owes one under this id.</summary>
    public BulkEntry? Awaiting(string id)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(id) is { Phase: BulkPhase.Sent } entry ? entry : null;
        }
    }

    public void Succeed(BulkEntry entry, BulkResult result)
    {
        lock (_gate)
        {
            End(entry, result);
        }
    }

    /// <summary>A result is not what its header promised. False where it has been so too often; the item has failed then.</summary>
    public bool MayCome(BulkEntry entry, DctNetException error)
    {
        lock (_gate)
        {
            if (++entry.Damages < MaxDamages)
            {
                return true;
            }
        }

        Withdraw(entry, error);
        return false;
    }

    /// <summary>The server has ended an item without a result. Where the reason passes it is tried again, after a while.</summary>
    public void Fail(string id, DctNetException error, CancellationToken cancellation)
    {
        lock (_gate)
        {
            switch (_entries.GetValueOrDefault(id))
            {
                case { Phase: BulkPhase.Withdrawn, OwnError: { } own } entry:
                    End(entry, new BulkResult(entry.Item, own));
                    break;
                case { Phase: BulkPhase.Withdrawn } entry:
                    Release(entry, BulkPhase.Waiting);
                    break;
                case { Phase: BulkPhase.Sending or BulkPhase.Sent } entry:
                    entry.Failures++;
                    entry.FailingSince ??= run.Time.GetTimestamp();
                    entry.HasFailedWhole |= entry.Phase == BulkPhase.Sent;
                    entry.Damages += error.StatusCode == StatusCode.DataLoss ? 1 : 0;
                    if (!MayPass(error, entry))
                    {
                        End(entry, new BulkResult(entry.Item, error));
                        break;
                    }

                    Release(entry, BulkPhase.Pausing);
                    var wait = (error.RetryAfter ?? TimeSpan.Zero) + run.Retrier.Backoff(entry.Failures);
                    _ = EndPauseAsync(entry, entry.Failures, wait, cancellation);
                    break;
            }
        }

        Wake();
    }

    /// <summary>The server has forgotten a delivered item.</summary>
    public void Forget(string id)
    {
        lock (_gate)
        {
            if (_entries.GetValueOrDefault(id) is { Phase: BulkPhase.Confirmed } entry)
            {
                Remove(entry);
            }
        }

        Wake();
    }

    /// <summary>The caller is done with an item's result.</summary>
    public void Confirm(BulkEntry entry)
    {
        lock (_gate)
        {
            entry.Phase = BulkPhase.Confirmed;
            if (entry.IsHeld)
            {
                Acknowledge(entry.Id);
            }

            // A failed item is over with this; a delivered one when the server says DONE.
            if (!entry.IsHeld || !entry.Result!.Succeeded)
            {
                Remove(entry);
            }
        }

        Wake();
    }

    // Everything below is under the gate.
    private static bool IsPresent(BulkUpload upload) => upload.Entry.Upload == upload && upload.Entry.Phase == BulkPhase.Sending;

    private void Resume(BulkEntry entry, BulkItemProgress? held)
    {
        entry.IsHeld = held is not null;
        switch (entry.Phase)
        {
            case BulkPhase.Confirmed when held is null:
                Remove(entry);
                break;
            case BulkPhase.Confirmed:
                Acknowledge(entry.Id);
                break;
            case BulkPhase.Withdrawn when held is null && entry.OwnError is not null:
                End(entry, new BulkResult(entry.Item, entry.OwnError));
                break;
            case BulkPhase.Sending or BulkPhase.Sent or BulkPhase.Withdrawn when held is null:
                entry.Phase = BulkPhase.Waiting;
                break;
            case BulkPhase.Sending or BulkPhase.Sent when held.State == BulkItemState.Receiving:
                entry.Upload = new BulkUpload(entry, (long)held.CommittedBytes, isAnnounced: true);
                entry.Phase = BulkPhase.Sending;
                break;
            case BulkPhase.Sending or BulkPhase.Sent:
                entry.Phase = BulkPhase.Sent;
                break;
            case BulkPhase.Ended when held is not null && !entry.Result!.Succeeded:
                // A restarted server may have forgotten that it failed, and would refuse the confirmation of an item that has not ended.
                Cancel(entry.Id);
                break;
            case BulkPhase.Waiting or BulkPhase.Pausing or BulkPhase.Withdrawn when held is not null:
                entry.Phase = BulkPhase.Withdrawn;
                Cancel(entry.Id);
                break;
        }
    }

    private void Release(BulkEntry entry, BulkPhase next)
    {
        (entry.Phase, entry.IsHeld, entry.Upload) = (next, false, null);
        Acknowledge(entry.Id);
    }

    // Takes the gate itself.
    private async Task EndPauseAsync(BulkEntry entry, int failures, TimeSpan wait, CancellationToken cancellation)
    {
        await Task.Delay(wait, run.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (entry.Phase == BulkPhase.Pausing && entry.Failures == failures)
            {
                entry.Phase = BulkPhase.Waiting;
            }
        }

        Wake();
    }

    private void End(BulkEntry entry, BulkResult result)
    {
        (entry.Phase, entry.Result, entry.Upload) = (BulkPhase.Ended, result, null);
        run.Publish(entry);
    }

    private void Remove(BulkEntry entry)
    {
        _entries.Remove(entry.Id);
        ReportOpen();
    }

    private void Cancel(string id) => _controls.Enqueue(new() { Cancel = new BulkItemCancel { ItemId = id } });

    private void Acknowledge(string id) => _controls.Enqueue(new() { Confirm = new BulkItemConfirm { ItemId = id } });

    private void ReportOpen()
    {
        var (open, before) = (_entries.Count, _reportedOpen);
        _reportedOpen = open;
        run.Report(now => now with { Open = now.Open + open - before });
    }

    // A server that says when to come back, or what it lacks for now (its signer, its ledger), is believed for as long as one that is away is
    // waited for.
    private bool MayPass(DctNetException error, BulkEntry entry) => error switch
    {
        { StatusCode: StatusCode.ResourceExhausted, RetryAfter: not null } or { StatusCode: StatusCode.Unavailable } =>
            run.Time.GetElapsedTime(entry.FailingSince!.Value) < run.Options.GiveUpAfter,
        { StatusCode: StatusCode.DataLoss } => entry.Damages < MaxDamages,
        _ => false,
    };
}
