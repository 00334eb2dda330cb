using System.Diagnostics.CodeAnalysis;
using DctNet.V1;

namespace DctNet.Client;

/// <summary>What came of an item: a cartoon, or why there is none.</summary>
public sealed class BulkResult
{
    internal BulkResult(BulkItem item, ResultHeader header, ReadOnlyMemory<byte> image) => (Item, Header, Image) = (item, header, image);

    internal BulkResult(BulkItem item, Exception error) => (Item, Error) = (item, error);

    /// <summary>The item.</summary>
    public BulkItem Item { get; }

    /// <summary>Facts about the cartoon; null where there is none.</summary>
    public ResultHeader? Header { get; }

    /// <summary>The cartoon's file, where the item has no <see cref="BulkItem.DestinationPath"/>.</summary>
    public ReadOnlyMemory<byte> Image { get; }

    /// <summary>
    /// Null where there is a cartoon. A <see cref="DctNetException"/> is the server's refusal; anything else came from the item's own
    /// streams.
    /// </summary>
    public Exception? Error { get; }

    /// <summary>True where there is a cartoon.</summary>
    [MemberNotNullWhen(true, nameof(Header))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;
}
