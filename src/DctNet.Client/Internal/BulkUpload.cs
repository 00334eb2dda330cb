namespace DctNet.Client;

/// <summary>
/// One try at sending an item's file, of the sending side alone. It keeps its own count: what a write of a refused try still does when it
/// returns, it does to that try and not to the next.
/// </summary>
internal sealed class BulkUpload(BulkEntry entry, long committed, bool isAnnounced)
{
    public BulkEntry Entry => entry;

    public long TotalBytes => entry.File!.Value.Bytes;

    /// <summary>Bytes that need not be sent again.</summary>
    public long Sent { get; set; } = committed;

    public long Left => TotalBytes - Sent;

    /// <summary>True where the session knows the item by this try.</summary>
    public bool IsAnnounced => isAnnounced;
}
