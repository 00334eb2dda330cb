using System.Security.Cryptography;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>Takes in one item's result and holds it to its header: offsets, CRC-32C, length, SHA-256.</summary>
internal sealed class ResultSink : IAsyncDisposable
{
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ReplacingFile? _file;
    private readonly MemoryStream? _memory;
    private ulong _received;

    public ResultSink(ResultHeader header, string? path)
    {
        Header = header;
        if (path is null)
        {
            _memory = new MemoryStream();
        }
        else
        {
            _file = new ReplacingFile(path);
        }
    }

    public ResultHeader Header { get; }

    /// <exception cref="DctNetException">The chunk is not what was promised.</exception>
    /// <exception cref="IOException">The destination does not take it.</exception>
    public async Task WriteAsync(BulkResultChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.Offset != _received || chunk.Offset + (ulong)chunk.Data.Length > Header.TotalBytes)
        {
            throw new DctNetException(StatusCode.DataLoss, "INVALID_ANSWER", "A chunk of a result came for another offset.");
        }

        if (Crc32C.Of(chunk.Data.Span) != chunk.Crc32C)
        {
            throw new DctNetException(StatusCode.DataLoss, "CHECKSUM_MISMATCH", "A chunk of a result does not match its CRC-32C.");
        }

        _sha256.AppendData(chunk.Data.Span);
        await ((Stream?)_file?.Stream ?? _memory!).WriteAsync(chunk.Data.Memory, cancellationToken);
        _received += (ulong)chunk.Data.Length;
    }

    /// <summary>The result is whole: a file appears, its bytes on the disk; memory is returned.</summary>
    public async Task<ReadOnlyMemory<byte>> CommitAsync()
    {
        if (_received != Header.TotalBytes || !_sha256.GetHashAndReset().AsSpan().SequenceEqual(Header.Sha256.Span))
        {
            throw new DctNetException(StatusCode.DataLoss, "CHECKSUM_MISMATCH", "A result is not the one in its header.");
        }

        if (_file is null)
        {
            return _memory!.GetBuffer().AsMemory(0, (int)_memory.Length);
        }

        await _file.CommitAsync(toDisk: true);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        _sha256.Dispose();
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }
    }
}
