using Google.Protobuf;

namespace DctNet.Client;

/// <summary>An item on its way. The gate of its <see cref="BulkEntries"/> guards what changes.</summary>
internal sealed class BulkEntry(BulkItem item, BulkEntries entries)
{
    public BulkItem Item { get; } = item;

    public string Id => Item.Id;

    public BulkPhase Phase { get; set; } = BulkPhase.Waiting;

    /// <summary>True while the session knows its id.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Size and checksum, once its file has been read.</summary>
    public (long Bytes, ByteString Sha256)? File { get; set; }

    /// <summary>The present try at sending it.</summary>
    public BulkUpload? Upload { get; set; }

    /// <summary>Tries that failed for a reason that passes.</summary>
    public int Failures { get; set; }

    /// <summary>When the first of them failed; of those that the server did not take in whole, the first since the last that it did.</summary>
    public long? FailingSince { get; set; }

    /// <summary>True once a try has failed that the server had taken in whole.</summary>
    public bool HasFailedWhole { get; set; }

    /// <summary>Tries whose bytes came damaged, here or there.</summary>
    public int Damages { get; set; }

    /// <summary>Why the client itself gave it up: its own streams failed.</summary>
    public Exception? OwnError { get; set; }

    public BulkResult? Result { get; set; }

    /// <summary>The caller is done with the result: the server may hear of it.</summary>
    public void Taken() => entries.Confirm(this);
}
