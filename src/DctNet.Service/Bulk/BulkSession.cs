using System.Buffers;
using DctNet.Core;
using DctNet.Core.Pipeline;
using DctNet.Service.Wire;
using DctNet.V1;

namespace DctNet.Service.Bulk;

/// <summary>
/// One session: its items and their files. One stream at a time feeds it; workers take what is spooled and bring results, whether or not a
/// stream is there.
/// </summary>
/// <remarks>
/// What the methods of the stream's side return is a fault of the stream; a fault of an item is told on the stream as the item's status. An
/// item's files are written by the one side whose turn it is, and its state changes when they are on the disk.
/// </remarks>
internal sealed class BulkSession
{
    private static readonly Failure s_full = new(FailureCode.Overloaded, "The server's spool takes nothing now; try again later.");

    private readonly BulkStart _start;
    private readonly SessionFiles _files;
    private readonly BulkSurroundings _surroundings;

    public BulkSession(string tenant, BulkStart start, SessionFiles files, BulkSurroundings surroundings)
    {
        (Tenant, _start, _files, _surroundings) = (tenant, start, files, surroundings);
        Items = new BulkItems(surroundings.Options, surroundings.Time, () => surroundings.List(this));
    }

    public string Id => _start.SessionId;

    public string Tenant { get; }

    /// <summary>The stream that feeds it now.</summary>
    public BulkStream? Stream { get; set; }

    /// <summary>When its last stream ended, or the one of the process before.</summary>
    public DateTimeOffset IdleSince { get; set; }

    /// <summary>Its items and their states.</summary>
    public BulkItems Items { get; }

    public Failure? Open(BulkItemOpen open)
    {
        if (BulkChecks.Opening(open) is { } violation)
        {
            return violation;
        }

        open.Options ??= _start.DefaultOptions;
        var (item, failure) = Items.Add(open);
        if (item is null)
        {
            return failure;
        }

        if (Check(open) is { } wrong)
        {
            Items.End(item, wrong);
            return null;
        }

        return OnDisk(item, () =>
        {
            item.Input = _files.CreateInput(item);
            Items.Advanced(item);
        });
    }

    public Failure? Receive(BulkItemChunk chunk)
    {
        var (item, failure) = Items.Spend(chunk);
        if (item is null)
        {
            return failure;
        }

        if (BulkChecks.Chunk(chunk, item) is { } wrong)
        {
            Items.End(item, wrong);
            return null;
        }

        return OnDisk(item, () =>
        {
            item.Input!.Append(chunk.Data.Span);
            Items.Advanced(item);
        });
    }

    public Failure? Finish(string id)
    {
        if (Items.Find(id) is not { } item)
        {
            return BulkChecks.UnknownItem("finish");
        }

        if (item.State != BulkItemState.Receiving)
        {
            return null;
        }

        return OnDisk(item, () =>
        {
            if (BulkChecks.Whole(item) is { } wrong)
            {
                Items.End(item, wrong);
                return;
            }

            _files.SealInput(item);
            Items.Spooled(item);
        });
    }

    /// <summary>A result cannot be read.</summary>
    public void Lose(BulkItem item, IOException exception)
    {
        if (Items.Lose(item))
        {
            _surroundings.Logger.SpoolFailed(exception);
        }
    }

    /// <summary>Goes to work on an item; false where too many processes have died of it.</summary>
    public bool TryBegin(BulkItem item) => !item.Recovered || _files.TryBegin(item);

    /// <summary>Takes <see cref="TryBegin"/> back.</summary>
    public void PutBack(BulkItem item)
    {
        if (item.Recovered)
        {
            _files.PutBack(item);
        }
    }

    /// <summary>What to draw of an item.</summary>
    public CartoonRequest RequestFor(BulkItem item, ReadOnlyMemory<byte> file) =>
        CartoonMapping.Request(item.Open.Options, "", new Caller(Tenant)).OrThrow() with { File = file, IdempotencyKey = IdempotencyKey(item.Id) };

    /// <summary>Keeps an item's result, if it is still wanted.</summary>
    public void Keep(BulkItem item, ResultHeader header, ReadOnlySequence<byte> file)
    {
        try
        {
            var result = _files.WriteResult(item, header, file);
            if (!Items.Ready(item, result))
            {
                result.Delete();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _surroundings.Logger.SpoolFailed(exception);
            Items.End(item, s_full, keepsInput: true);
        }
    }

    /// <summary>A worker is done with what it took.</summary>
    public void Release()
    {
        if (Items.Release())
        {
            _files.Delete();
        }
    }

    /// <summary>Puts the items that an earlier process has left back to where they were.</summary>
    public void Recover()
    {
        var (items, lastNumber) = _files.Recover();
        Items.Recover(items, lastNumber);
    }

    /// <summary>Its time to live begins.</summary>
    public void Touch() => _files.Touch(IdleSince);

    /// <summary>Deletes all of it, once no worker is at it. Only without a stream.</summary>
    public void Delete()
    {
        if (Items.Close())
        {
            _files.Delete();
        }
    }

    private Failure? Check(BulkItemOpen open)
    {
        if (BulkChecks.Announcement(open, _surroundings.Limits.MaxUploadBytes) is { } wrong)
        {
            return wrong;
        }

        return CartoonMapping.Request(open.Options, "", new Caller(Tenant)).TryGet(out var request, out var failure)
            ? _surroundings.CheckRequest(request) ?? _surroundings.CountPicture(Tenant)
            : failure;
    }

    private Failure? OnDisk(BulkItem item, Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _surroundings.Logger.SpoolFailed(exception);
            Items.End(item, s_full);
        }

        return null;
    }

    private string IdempotencyKey(string itemId)
    {
        // The length keeps two pairs from being spelled alike.
        var scope = _start.IdempotencyScope.Length > 0 ? _start.IdempotencyScope : _start.SessionId;
        return $"{scope.Length}:{scope}{itemId}";
    }
}
