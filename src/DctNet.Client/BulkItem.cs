using DctNet.V1;

namespace DctNet.Client;

/// <summary>A portrait of a bulk run: where its file comes from, and where its cartoon goes.</summary>
public sealed record BulkItem
{
    /// <summary>
    /// 1 to 128 characters, unique in the run. Together with <see cref="BulkOptions.Scope"/> it is the item's idempotency key: the same
    /// item of the same scope gets the same watermark id, whatever happens between.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>
    /// Opens the portrait's file at its beginning. It is read twice, for its checksum and for sending, and again after a loss; each stream is
    /// disposed. Needed until the item's result is there.
    /// </summary>
    public required Func<CancellationToken, ValueTask<Stream>> OpenAsync { get; init; }

    /// <summary>What to make of it. Null: <see cref="BulkOptions.Options"/>.</summary>
    public CartoonizeOptions? Options { get; init; }

    /// <summary>
    /// Where the cartoon's file goes: it appears there whole or not at all, in place of a file that is there, and its bytes are on the disk
    /// before the server hears of it. Its name is left to the file system: a loss of power soon after may undo it.
    /// Null: into <see cref="BulkResult.Image"/>.
    /// </summary>
    public string? DestinationPath { get; init; }

    /// <summary>An item between files.</summary>
    public static BulkItem FromFile(string id, string sourcePath, string destinationPath, CartoonizeOptions? options = null) => new()
    {
        Id = id,
        OpenAsync = _ => new(new FileStream(sourcePath, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous)),
        DestinationPath = destinationPath,
        Options = options,
    };

    /// <summary>An item between arrays.</summary>
    public static BulkItem FromBytes(string id, ReadOnlyMemory<byte> image, CartoonizeOptions? options = null)
    {
        // A copy only where the memory is no array.
        var bytes = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(image, out var segment) ? segment : new(image.ToArray());
        return new()
        {
            Id = id,
            OpenAsync = _ => new(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)),
            Options = options,
        };
    }
}
