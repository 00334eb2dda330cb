using System.Threading.Channels;
using DctNet.V1;
using Status = Google.Rpc.Status;

namespace DctNet.Service.Bulk;

/// <summary>
/// What one stream has still to say. It holds items rather than messages, and each at most once: a caller who does not read makes it no
/// larger than the session.
/// </summary>
internal sealed class BulkOutbox
{
    private readonly Lock _gate = new();
    private readonly Queue<BulkItem> _announcements = new();
    private readonly HashSet<BulkItem> _announced = [];
    private readonly Queue<BulkItem> _deliveries = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private uint _items;
    private ulong _bytes;

    /// <summary>Items that the caller may open and has not been told of.</summary>
    public int UntoldItems
    {
        get
        {
            lock (_gate)
            {
                return (int)_items;
            }
        }
    }

    /// <summary>True while something waits to be said.</summary>
    public bool HasAny
    {
        get
        {
            lock (_gate)
            {
                return _announcements.Count > 0 || _deliveries.Count > 0 || _items > 0 || _bytes > 0;
            }
        }
    }

    /// <summary>Says, in time, what state the item is in then; its end once, since the caller may use the id again after that.</summary>
    /// <param name="item">The item.</param>
    /// <param name="again">Say its end even so: the caller has asked, or the stream is another.</param>
    public void Announce(BulkItem item, bool again = false)
    {
        lock (_gate)
        {
            item.IsEndTold &= !again;
            if (!item.IsEndTold && _announced.Add(item))
            {
                _announcements.Enqueue(item);
            }
        }

        Wake();
    }

    /// <summary>Sends the item's result.</summary>
    public void Deliver(BulkItem item)
    {
        lock (_gate)
        {
            _deliveries.Enqueue(item);
        }

        Wake();
    }

    public void Grant(int items, long bytes)
    {
        lock (_gate)
        {
            _items += (uint)items;
            _bytes += (ulong)bytes;
        }

        Wake();
    }

    public void Wake() => _signal.Writer.TryWrite(true);

    /// <summary>Waits until there may be something.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => _signal.Reader.ReadAsync(cancellation);

    public BulkCredits? TakeCredits()
    {
        lock (_gate)
        {
            if (_items == 0 && _bytes == 0)
            {
                return null;
            }

            var credits = new BulkCredits { Items = _items, Bytes = _bytes };
            (_items, _bytes) = (0, 0);
            return credits;
        }
    }

    /// <summary>What is to be said next of an item: its end, if it has one by now.</summary>
    public (BulkItem Item, Status? Ending)? TakeAnnouncement()
    {
        lock (_gate)
        {
            while (_announcements.TryDequeue(out var item))
            {
                _announced.Remove(item);
                if (!item.IsEndTold)
                {
                    var ending = item.Ending;
                    item.IsEndTold = ending is not null;
                    return (item, ending);
                }
            }

            return null;
        }
    }

    public BulkItem? TakeDelivery()
    {
        lock (_gate)
        {
            return _deliveries.TryDequeue(out var item) ? item : null;
        }
    }
}
