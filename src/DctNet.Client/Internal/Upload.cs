using System.Buffers;
using System.Runtime.ExceptionServices;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>A caller's stream on its way to the server: read from where it stands to its end, one chunk in memory at a time.</summary>
internal sealed class Upload
{
    private static readonly WriteOptions s_buffered = new(WriteFlags.BufferHint);

    private readonly Stream _source;
    private readonly int _chunkBytes;
    private readonly long _start;
    private bool _touched;

    public Upload(Stream source, int chunkBytes)
    {
        (_source, _chunkBytes) = (source, chunkBytes);
        if (source.CanSeek)
        {
            _start = source.Position;
            TotalBytes = Math.Max(0, source.Length - _start);
        }
    }

    /// <summary>Bytes that will be sent; null where the source cannot tell.</summary>
    public long? TotalBytes { get; }

    /// <summary>True where the source can be sent from its beginning again: it can be rewound, or nothing was read from it yet.</summary>
    public bool CanRestart => _source.CanSeek || !_touched;

    /// <summary>Sends the first message, then the source in chunks, and closes the sending side.</summary>
    /// <param name="writer">The call's sending side.</param>
    /// <param name="first">The message before the chunks.</param>
    /// <param name="wrap">Makes a message of a chunk, which is valid only until that message is written.</param>
    /// <param name="transfer">Told of every chunk.</param>
    /// <param name="call">The call's cancellation: cancelled here when the source fails.</param>
    /// <returns>
    /// The source's error, or null. An error of the connection is none of the upload's: the receiving side learns the reason from the
    /// server's status.
    /// </returns>
    public async Task<ExceptionDispatchInfo?> SendAsync<T>(
        IClientStreamWriter<T> writer, T first, Func<ByteString, T> wrap, Transfer transfer, CancellationTokenSource call)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(_chunkBytes);
        try
        {
            await writer.WriteAsync(first, call.Token);
            for (var sent = 0L; ;)
            {
                var (read, error) = await ReadAsync(buffer, call);
                if (error is not null)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    return error;
                }

                if (read == 0)
                {
                    break;
                }

                // What a file or memory has next is there at once: the message need not be flushed alone.
                sent += read;
                writer.WriteOptions = sent < TotalBytes ? s_buffered : null;

                // The buffer is lent to the message: the write has serialised it when it completes.
                await writer.WriteAsync(wrap(UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read))), call.Token);
                try
                {
                    transfer.Sent(read);
                }
                catch (Exception e)
                {
                    // The caller's own progress: as an error of his source, it ends the call.
                    await call.CancelAsync();
                    ArrayPool<byte>.Shared.Return(buffer);
                    return ExceptionDispatchInfo.Capture(e);
                }
            }

            await writer.CompleteAsync();
        }
        catch (Exception)
        {
            // Whatever a write throws: when the server resets the stream meanwhile, SocketsHttpHandler has thrown all from IOException to
            // NullReferenceException.
            // The call is over. A write may have been cut short, so the buffer is left to the garbage collector.
            return null;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }

    /// <summary>Goes back to where the source stood at first, where it was read.</summary>
    public void Restart()
    {
        if (_touched)
        {
            _source.Position = _start;
        }
    }

    private async ValueTask<(int Read, ExceptionDispatchInfo? Error)> ReadAsync(byte[] buffer, CancellationTokenSource call)
    {
        _touched = true;
        try
        {
            return (await _source.ReadAsync(buffer.AsMemory(0, _chunkBytes), call.Token), null);
        }
        catch (Exception e)
        {
            if (call.IsCancellationRequested)
            {
                throw new OperationCanceledException("The call ended while its source was read.", e, call.Token);
            }

            await call.CancelAsync();
            return (0, ExceptionDispatchInfo.Capture(e));
        }
    }
}
