using System.Security.Cryptography;
using DctNet.Core;
using DctNet.V1;

namespace DctNet.Service.Bulk;

/// <summary>What is wrong with what a caller sends, or null. None of it changes anything.</summary>
internal static class BulkChecks
{
    /// <summary>
    /// Chunks are to have this many bytes on average, or a caller could make the spool write thirty bytes for each of the picture.
    /// </summary>
    private const int LeastMeanChunkBytes = 1 << 10;

    private const int FreeSegments = 16;
    private const int MaxIdChars = 128;

    /// <summary>Options are two texts and three numbers; more than this is not of the contract.</summary>
    private const int MaxOpenBytes = 4 << 10;

    /// <summary>A fault of the stream rather than of an item.</summary>
    public static Failure Violation(string message, string field) => new(FailureCode.ProtocolViolation, message, field);

    public static Failure UnknownItem(string field) => Violation("The session has no such item.", field);

    /// <summary>
    /// What no item can come of: without an id there is none that could fail, and one that fails keeps its announcement until it is confirmed.
    /// </summary>
    public static Failure? Opening(BulkItemOpen open)
    {
        if (open.ItemId.Length is 0 or > MaxIdChars || open.ItemId.Contains('\0'))
        {
            // The id goes into the idempotency key, which has no U+0000.
            return Violation($"An item's id has 1 to {MaxIdChars} characters, none of them U+0000.", "open.item_id");
        }

        return open.CalculateSize() > MaxOpenBytes ? Violation($"An item's announcement may have {MaxOpenBytes:N0} bytes.", "open") : null;
    }

    public static Failure? Announcement(BulkItemOpen open, int maxUploadBytes)
    {
        if (open.TotalBytes == 0)
        {
            return new Failure(FailureCode.EmptyInput, "The item is announced with no bytes.", "open.total_bytes");
        }

        if (open.TotalBytes > (ulong)maxUploadBytes)
        {
            return new Failure(
                FailureCode.UploadTooLarge,
                $"The item is announced with more bytes ({open.TotalBytes:N0}) than this server takes: {maxUploadBytes:N0}.",
                "open.total_bytes");
        }

        return open.Sha256.Length == SHA256.HashSizeInBytes
            ? null
            : new Failure(FailureCode.InvalidOption, $"A SHA-256 has {SHA256.HashSizeInBytes} bytes.", "open.sha256");
    }

    public static Failure? Chunk(BulkItemChunk chunk, BulkItem item)
    {
        var input = item.Input!;
        if (chunk.Data.Length is 0 or > SpoolFile.MaxSegmentBytes)
        {
            return Violation($"A chunk has 1 to {SpoolFile.MaxSegmentBytes:N0} bytes.", "chunk.data");
        }

        if ((long)chunk.Offset != input.DataBytes)
        {
            return Violation($"A chunk came for offset {chunk.Offset:N0}; the next byte is {input.DataBytes:N0}.", "chunk.offset");
        }

        if (input.DataBytes + chunk.Data.Length > (long)item.Open.TotalBytes)
        {
            return Violation($"More bytes came than the {item.Open.TotalBytes:N0} announced.", "chunk.data");
        }

        if (input.Segments > FreeSegments + (input.DataBytes / LeastMeanChunkBytes))
        {
            return Violation($"Chunks are too small: under {LeastMeanChunkBytes:N0} bytes on average; 64 KiB is best.", "chunk.data");
        }

        return Crc32C.Of(chunk.Data.Span) == chunk.Crc32C
            ? null
            : new Failure(FailureCode.ChecksumMismatch, "A chunk's bytes do not match its CRC-32C.", "chunk.crc32c");
    }

    /// <exception cref="IOException">The disk does not give the file back.</exception>
    public static Failure? Whole(BulkItem item)
    {
        var (open, input) = (item.Open, item.Input!);
        if ((ulong)input.DataBytes != open.TotalBytes)
        {
            return new Failure(
                FailureCode.CorruptImage, $"The item was announced with {open.TotalBytes:N0} bytes, but {input.DataBytes:N0} came.");
        }

        // From the disk, so that what was written is checked with what was sent.
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in input.Read())
        {
            sha256.AppendData(segment.Span);
        }

        return sha256.GetHashAndReset().AsSpan().SequenceEqual(open.Sha256.Span)
            ? null
            : new Failure(FailureCode.ChecksumMismatch, "The item's SHA-256 is not the one it was announced with.", "open.sha256");
    }
}
