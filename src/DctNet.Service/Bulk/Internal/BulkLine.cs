using DctNet.V1;

namespace DctNet.Service.Bulk;

/// <summary>The spooled items of a session that wait for a worker, and how many workers are at others. The items' gate guards it.</summary>
/// <param name="isFull">Whether the caller has as many results to fetch as it may have: then nothing more is drawn for it.</param>
/// <param name="list">Puts the session to the end of the workers' line.</param>
internal sealed class BulkLine(Func<bool> isFull, Action list)
{
    private Queue<BulkItem> _waiting = new();
    private bool _isListed;
    private bool _isClosed;
    private int _atWork;

    public void Add(BulkItem item)
    {
        _waiting.Enqueue(item);
        ListIfWork();
    }

    /// <summary>Takes an item out of the line: a session that is full takes none, and would keep it.</summary>
    public void Remove(BulkItem item) => _waiting = new Queue<BulkItem>(_waiting.Where(other => other != item));

    /// <summary>The next item, or null. Each call takes one listing.</summary>
    public BulkItem? Take()
    {
        _isListed = false;
        BulkItem? next = null;
        while (!_isClosed && !isFull() && _waiting.TryDequeue(out next) && next.State != BulkItemState.Spooled)
        {
            next = null;
        }

        _atWork += next is null ? 0 : 1;

        // Back to the end, so that sessions take turns.
        ListIfWork();
        return next;
    }

    /// <summary>Items that wait for the caller rather than for a worker.</summary>
    public int HeldUp => isFull() ? _waiting.Count(item => item.State == BulkItemState.Spooled) : 0;

    /// <summary>To be called whenever the session may no longer be full.</summary>
    public void ListIfWork()
    {
        if (!_isListed && !_isClosed && _waiting.Count > 0 && !isFull())
        {
            _isListed = true;
            list();
        }
    }

    /// <summary>A worker is done with what it took. True where it was the last of a line that is closed.</summary>
    public bool Release() => --_atWork == 0 && _isClosed;

    /// <summary>Gives no more items. True where no worker is at one.</summary>
    public bool Close()
    {
        _isClosed = true;
        _waiting.Clear();
        return _atWork == 0;
    }
}
