using DctNet.V1;
using Status = Google.Rpc.Status;

namespace DctNet.Service.Bulk;

/// <summary>One item of a session. Its session's gate guards everything that changes.</summary>
#pragma warning disable CA1001 // A cancellation source without a timer has nothing to dispose of, and disposing it would race with its use.
internal sealed class BulkItem(BulkItemOpen open, string number)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _wanted = new();

    /// <summary>Id, size, checksum, and the options in force.</summary>
    public BulkItemOpen Open { get; } = open;

    public string Id => Open.ItemId;

    /// <summary>What its files are called: the caller's id could be any text.</summary>
    public string Number { get; } = number;

    public BulkItemState State { get; set; } = BulkItemState.Receiving;

    /// <summary>How it ended; null while it has not.</summary>
    public Status? Ending { get; set; }

    /// <summary>True once the present stream has taken its end to say it. The outbox's gate guards it.</summary>
    public bool IsEndTold { get; set; }

    public SpoolFile? Input { get; set; }

    public SpoolFile? Result { get; set; }

    /// <summary>Bytes of the session's window that it holds.</summary>
    public long Held { get; set; }

    /// <summary>Started by processes that have died since.</summary>
    public int LostAttempts { get; set; }

    /// <summary>True in a process that found it in the spool.</summary>
    public bool Recovered { get; init; }

    /// <summary>Since when the present stream could send it; for the longest an upload may take.</summary>
    public long ReceivingSince { get; set; }

    /// <summary>Cancelled when nobody wants the item any more.</summary>
    public CancellationToken Wanted => _wanted.Token;

    public BulkItemProgress Progress => new() { ItemId = Id, State = State, CommittedBytes = (ulong)CommittedBytes };

    private long CommittedBytes => State switch
    {
        BulkItemState.Receiving => Input?.DataBytes ?? 0,
        BulkItemState.Failed => 0,
        _ => (long)Open.TotalBytes,
    };

    public void Abandon() => _wanted.Cancel();
}
