using DctNet.Core;
using DctNet.Service.Options;
using DctNet.Service.Wire;
using DctNet.V1;
using Google.Rpc;

namespace DctNet.Service.Bulk;

/// <summary>
/// The states of a session's items, the window that they share, and what their stream is told of them. Each change is one step under one
/// gate: the stream and several workers come here from threads of their own.
/// </summary>
/// <remarks>
/// <code>
/// RECEIVING ─ finish ─▶ SPOOLED ─ worker ─▶ READY ─ confirm ─▶ DONE, forgotten
///     └─ wrong bytes, cancel ─┴─ worker, cancel ─┴─ cancel ─▶ FAILED ─ confirm ─▶ forgotten
/// </code>
/// SPOOLED and READY are said here, so whoever calls has synced the file and its name before. An item becomes FAILED once, and its status
/// is put to the stream once: callers wait for it before they use its id again.
/// </remarks>
internal sealed class BulkItems
{
    /// <summary>What an item costs on disk beside its bytes; it also bounds how many tiny ones can be left behind.</summary>
    private const int ItemOverheadBytes = 16 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, BulkItem> _items = new(StringComparer.Ordinal);
    private readonly BulkOptions _options;
    private readonly TimeProvider _time;
    private readonly BulkLine _line;
    private BulkOutbox? _outbox;
    private long _window;
    private int _lastNumber;

    /// <param name="options">Bounds of the session.</param>
    /// <param name="time">The clock.</param>
    /// <param name="list">Called, under the gate, when there is work for a worker.</param>
    public BulkItems(BulkOptions options, TimeProvider time, Action list)
    {
        (_options, _time) = (options, time);
        _line = new BulkLine(() => _items.Values.Sum(item => item.Result?.Length ?? 0) >= options.SessionBytes, list);
    }

    public int Count => Read(() => _items.Count);

    /// <summary>True while the server owes the caller work: not for what is held up until the caller confirms results.</summary>
    public bool HasWork => Read(AnyWork);

    /// <summary>True while the caller owes bytes of items that it has opened.</summary>
    public bool IsReceiving => Read(() => _items.Values.Any(item => item.State == BulkItemState.Receiving));

    /// <summary>True while no item on its way can come whole before the server has worked: then the caller is not slow, but waits for credits.</summary>
    public bool OwesCredits => Read(() => AnyWork() && _items.Values
        .Where(item => item.State == BulkItemState.Receiving)
        .All(item => (long)item.Open.TotalBytes - (item.Input?.DataBytes ?? 0) > _window));

    /// <summary>Bytes of chunks that came, repeated ones included.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Bytes on disk.</summary>
    public long DiskBytes =>
        Read(() => _items.Values.Sum(item => (item.Input?.Length ?? 0) + (item.Result?.Length ?? 0) + ItemOverheadBytes));

    /// <summary>A stream begins: what it may send, and what is here already.</summary>
    public (BulkCredits Credits, IReadOnlyList<BulkItemProgress> Items) Attach(BulkOutbox outbox)
    {
        lock (_gate)
        {
            RestartUploads();
            _outbox = outbox;
            _window = _options.SessionBytes;
            foreach (var item in _items.Values)
            {
                _window -= item.Held;
                if (item.State == BulkItemState.Ready)
                {
                    outbox.Deliver(item);
                }
                else if (item.Ending is not null)
                {
                    outbox.Announce(item, again: true);
                }
            }

            var credits = new BulkCredits
            {
                Items = (uint)Math.Max(0, _options.MaxOpenItems - _items.Count),
                Bytes = (ulong)Math.Max(0, _window),
            };
            return (credits, [.. _items.Values.Select(item => item.Progress)]);
        }
    }

    public void Detach()
    {
        lock (_gate)
        {
            _outbox = null;
        }
    }

    /// <summary>Items by id, for one page.</summary>
    public IReadOnlyList<BulkItemProgress> Page(string after, int count) => Read(() => _items.Values
        .Where(item => string.CompareOrdinal(item.Id, after) > 0)
        .OrderBy(item => item.Id, StringComparer.Ordinal).Take(count).Select(item => item.Progress).ToArray());

    /// <summary>Takes up what an earlier process has left. Before anybody else is here.</summary>
    public void Recover(IReadOnlyCollection<BulkItem> items, int lastNumber)
    {
        _lastNumber = lastNumber;
        foreach (var item in items.OrderByDescending(item => item.Number, StringComparer.Ordinal))
        {
            // A machine that lost its power may have lost the deletion of a former try with it.
            if (!_items.TryAdd(item.Id, item))
            {
                Discard(item);
            }
        }

        foreach (var item in items.Where(item => item.State == BulkItemState.Spooled && item.Input is not null))
        {
            _line.Add(item);
        }
    }

    /// <summary>A new item, or null with the reason, or neither where its id is known already: then its state is told again.</summary>
    public (BulkItem? Item, Failure? Failure) Add(BulkItemOpen open)
    {
        lock (_gate)
        {
            if (_items.TryGetValue(open.ItemId, out var known))
            {
                _outbox?.Announce(known, again: true);
                return (null, null);
            }

            // A confirmed item frees its credit only when the caller has been sent that: a caller that does not read opens nothing more.
            if (_items.Count + (_outbox?.UntoldItems ?? 0) >= _options.MaxOpenItems)
            {
                return (null, BulkChecks.Violation("An item was opened without a credit for it.", "open"));
            }

            var item = new BulkItem(open, $"{++_lastNumber:x8}") { ReceivingSince = _time.GetTimestamp() };
            _items.Add(item.Id, item);
            return (item, null);
        }
    }

    /// <summary>Counts a chunk towards the window. The item that wants it, or null with the reason, or neither where none does.</summary>
    public (BulkItem? Item, Failure? Failure) Spend(BulkItemChunk chunk)
    {
        lock (_gate)
        {
            if (!_items.TryGetValue(chunk.ItemId, out var item))
            {
                return (null, BulkChecks.UnknownItem("chunk"));
            }

            if (chunk.Data.Length > _window)
            {
                return (null, BulkChecks.Violation("Bytes were sent without credits for them.", "chunk"));
            }

            _window -= chunk.Data.Length;
            ReceivedBytes += chunk.Data.Length;
            if (item.State != BulkItemState.Receiving || (long)chunk.Offset + chunk.Data.Length <= item.Input!.DataBytes)
            {
                // On its way when the item ended, or sent again after a cut: neither harms.
                Return(chunk.Data.Length);
                return (null, null);
            }

            item.Held += chunk.Data.Length;
            return (item, null);
        }
    }

    /// <summary>The item of this id, or null.</summary>
    public BulkItem? Find(string id) => Read(() => _items.GetValueOrDefault(id));

    /// <summary>More of an item has come.</summary>
    public void Advanced(BulkItem item)
    {
        lock (_gate)
        {
            // Ended meanwhile: that is said already.
            if (item.State == BulkItemState.Receiving)
            {
                _outbox?.Announce(item);
            }
        }
    }

    /// <summary>An item's input is whole and on the disk.</summary>
    public void Spooled(BulkItem item)
    {
        lock (_gate)
        {
            if (item.State != BulkItemState.Receiving)
            {
                return;
            }

            item.State = BulkItemState.Spooled;
            _outbox?.Announce(item);
            _line.Add(item);
        }
    }

    /// <summary>An item's result is on the disk. False where it is no longer wanted.</summary>
    public bool Ready(BulkItem item, SpoolFile result)
    {
        lock (_gate)
        {
            if (item.State != BulkItemState.Spooled)
            {
                return false;
            }

            var input = item.Input;
            (item.Input, item.Result, item.State) = (null, result, BulkItemState.Ready);

            // The input has served, and leaves the window for the next one's.
            Return(item.Held);
            item.Held = 0;
            _outbox?.Deliver(item);

            // Last: where the disk refuses that, the result stands all the same.
            input?.Delete();
            return true;
        }
    }

    public Failure? Cancel(string id)
    {
        BulkItem? item;
        lock (_gate)
        {
            if (!_items.TryGetValue(id, out item))
            {
                return BulkChecks.UnknownItem("cancel");
            }

            if (item.State == BulkItemState.Failed)
            {
                return null;
            }

            item.State = BulkItemState.Failed;
            item.Ending = new Status { Code = (int)Code.Cancelled, Message = "The caller cancelled the item." };
        }

        // Whoever works on it stops before its files go.
        item.Abandon();
        lock (_gate)
        {
            Discard(item);
            _line.Remove(item);
            _outbox?.Announce(item);
            _line.ListIfWork();
        }

        return null;
    }

    public Failure? Confirm(string id)
    {
        lock (_gate)
        {
            // Unknown: confirmed before, and the answer was lost.
            if (!_items.TryGetValue(id, out var item))
            {
                return null;
            }

            if (item.State is BulkItemState.Receiving or BulkItemState.Spooled)
            {
                return BulkChecks.Violation("An item was confirmed before it ended.", "confirm");
            }

            if (item.State == BulkItemState.Ready)
            {
                item.State = BulkItemState.Done;
                _outbox?.Announce(item);
            }

            Discard(item);
            _items.Remove(id);
            _outbox?.Grant(items: 1, bytes: 0);
            _line.ListIfWork();
            return null;
        }
    }

    /// <summary>Counts the time of what is on its way from now.</summary>
    public void RestartUploads()
    {
        lock (_gate)
        {
            foreach (var item in _items.Values)
            {
                item.ReceivingSince = _time.GetTimestamp();
            }
        }
    }

    /// <summary>Ends items that have been on their way for longer than an upload may take.</summary>
    public void EndSlowUploads(TimeSpan longest)
    {
        var slow = Read(() => _items.Values.Where(item =>
            item.State == BulkItemState.Receiving && _time.GetElapsedTime(item.ReceivingSince) > longest).ToArray());
        foreach (var item in slow)
        {
            // The reader may be at its file.
            End(
                item,
                new Failure(FailureCode.UploadStalled, $"The item took longer than {longest.TotalSeconds:N0} seconds to come."),
                keepsInput: true);
        }
    }

    /// <summary>Ends an item without a result, if it has not ended otherwise.</summary>
    /// <param name="item">The item.</param>
    /// <param name="failure">Why.</param>
    /// <param name="keepsInput">
    /// True keeps the input file until the item is confirmed: a worker may be reading it, and the caller was told that it is spooled.
    /// </param>
    public void End(BulkItem item, Failure failure, bool keepsInput = false)
    {
        lock (_gate)
        {
            if (item.State is not (BulkItemState.Receiving or BulkItemState.Spooled))
            {
                return;
            }

            item.State = BulkItemState.Failed;
            item.Ending = FailureStatus.ToStatus(failure);
            if (!keepsInput)
            {
                Discard(item);
            }

            _outbox?.Announce(item);
        }
    }

    /// <summary>The file of a result that is to be sent, or null where it is no longer wanted.</summary>
    public SpoolFile? ResultOf(BulkItem item) => Read(() => item.State == BulkItemState.Ready ? item.Result : null);

    /// <summary>A result cannot be read. False where it is no longer wanted.</summary>
    public bool Lose(BulkItem item)
    {
        lock (_gate)
        {
            if (item.State != BulkItemState.Ready)
            {
                return false;
            }

            item.State = BulkItemState.Failed;
            item.Ending = FailureStatus.ToStatus(new Failure(FailureCode.Internal, "The server's disk has lost the result."));
            _outbox?.Announce(item);
            return true;
        }
    }

    /// <summary>
    /// The next item to draw, to be given back by <see cref="Release"/>; null where none waits, or the caller has as many results to fetch as
    /// it may have. Each call takes one listing.
    /// </summary>
    public BulkItem? Take() => Read(_line.Take);

    /// <summary>A worker is done with what it took. True where it was the last one and nobody wants the items any more.</summary>
    public bool Release() => Read(_line.Release);

    /// <summary>Nobody wants the items any more. True where no worker is at one.</summary>
    public bool Close()
    {
        var isIdle = Read(_line.Close);
        foreach (var item in _items.Values)
        {
            item.Abandon();
        }

        return isIdle;
    }

    private bool AnyWork() => _items.Values.Count(item => item.State == BulkItemState.Spooled) > _line.HeldUp;

    private T Read<T>(Func<T> what)
    {
        lock (_gate)
        {
            return what();
        }
    }

    // Under the gate, but for recovery.
    private void Discard(BulkItem item)
    {
        item.Input?.Delete();
        item.Result?.Delete();
        (item.Input, item.Result) = (null, null);
        Return(item.Held);
        item.Held = 0;
    }

    private void Return(long bytes)
    {
        if (bytes > 0)
        {
            _window += bytes;
            _outbox?.Grant(items: 0, bytes);
        }
    }
}
