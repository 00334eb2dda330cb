using Google.Protobuf;

namespace DctNet.Client;

/// <summary>An item on its way, as its lane knows it. The lane's gate guards it.</summary>
internal sealed class BulkEntry(BulkItem item, BulkLane lane)
{
    public BulkItem Item { get; } = item;

    public BulkPhase Phase { get; set; } = BulkPhase.Waiting;

    /// <summary>True while the session knows its id.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Size and checksum, once its file has been read.</summary>
    public (long Bytes, ByteString Sha256)? File { get; set; }

    /// <summary>Bytes that need not be sent again on this session.</summary>
    public long Sent { get; set; }

    /// <summary>Times that it failed for a reason that passes.</summary>
    public int Attempts { get; set; }

    /// <summary>When it failed first.</summary>
    public long? FailingSince { get; set; }

    /// <summary>The result that is arriving.</summary>
    public ResultSink? Sink { get; set; }

    /// <summary>Why the client itself gave it up: its own streams failed.</summary>
    public Exception? OwnError { get; set; }

    public BulkResult? Result { get; set; }

    /// <summary>The caller is done with the result: the server may hear of it.</summary>
    public void Taken() => lane.Confirm(this);

}
