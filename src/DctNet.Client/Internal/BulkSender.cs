using System.Security.Cryptography;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>
/// The sending side of one stream: files within their credits, and between their chunks what else there is to say. It ends when the stream
/// has served or the call is over; why a call is over the receiving side learns.
/// </summary>
/// <param name="run">Where items come from.</param>
/// <param name="entries">The items.</param>
/// <param name="requests">The call's sending side.</param>
/// <param name="retiresAt">Timestamp after which the stream takes no new items but its first.</param>
/// <param name="cut">The call's cancellation.</param>
internal sealed class BulkSender(
    BulkRun run, BulkEntries entries, IClientStreamWriter<CartoonizeBulkRequest> requests, long retiresAt, CancellationTokenSource cut)
{
    // Four HTTP/2 frames; see DctNetClientOptions.ChunkBytes.
    private const int ChunkBytes = 63 << 10;

    /// <summary>How long a stream without items waits for the caller to bring some.</summary>
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(5);

    /// <summary>How long the server's reason may take to come after a write that failed.</summary>
    private static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(5);

    private readonly byte[] _buffer = new byte[ChunkBytes];
    private volatile bool _hasClosed;
    private bool _hasPicked;

    /// <summary>True once nothing more will be sent: only then may the server end the stream.</summary>
    public bool HasClosed => _hasClosed;

    // One item at least: were opening a stream to take longer than its age, one would follow another for ever.
    private bool IsRetired => _hasPicked && run.Time.GetTimestamp() > retiresAt;

    /// <summary>Sends the first message.</summary>
    public async Task StartAsync(BulkStart start)
    {
        try
        {
            await WriteAsync(new() { Start = start });
        }
        catch (OperationCanceledException)
        {
            // The answer says why.
        }
    }

    /// <param name="cancellation">The caller's: the server is told that the items are of no use any more.</param>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await SendItemsAsync(cancellation);
            if (cancellation.IsCancellationRequested)
            {
                entries.AbandonAll();
                await SendControlsAsync();
            }

            _hasClosed = true;
            await OnCallAsync(requests.CompleteAsync);
        }
        catch (OperationCanceledException)
        {
            // The call is over.
        }
        catch
        {
            await cut.CancelAsync();
            throw;
        }
    }

    private async Task SendItemsAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                await SendControlsAsync();
                if (entries.Pick(takesNew: !IsRetired) is not { } entry)
                {
                    if (!await StaysAsync())
                    {
                        return;
                    }
                }
                else
                {
                    _hasPicked = true;
                    if (!await PrepareAsync(entry, cancellation))
                    {
                        continue;
                    }

                    if (entries.TryBegin(entry) is { } upload)
                    {
                        await SendAsync(upload, cancellation);
                    }
                    else
                    {
                        await entries.WaitAsync(cut.Token);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !cut.IsCancellationRequested)
        {
            // An item's own streams were interrupted; the call is sound and can be ended in order.
        }
    }

    private async Task SendControlsAsync()
    {
        while (entries.NextControl() is { } control)
        {
            await WriteAsync(control);
        }
    }

    // False when the stream has served: no items are left, or it is to be replaced, or the caller brings none for a while.
    private async Task<bool> StaysAsync()
    {
        if (!entries.IsEmpty)
        {
            await entries.WaitAsync(cut.Token);
            return true;
        }

        if (IsRetired || run.IsSourceEmpty)
        {
            return false;
        }

        try
        {
            await entries.WaitAsync(cut.Token).WaitAsync(s_linger, run.Time, cut.Token);
            return true;
        }
        catch (TimeoutException)
        {
            entries.Wake();
            return false;
        }
    }

    // Size and checksum, once; false where the item's own streams fail.
    private async Task<bool> PrepareAsync(BulkEntry entry, CancellationToken cancellation)
    {
        if (entry.File is not null)
        {
            return true;
        }

        try
        {
            await using var source = await entry.Item.OpenAsync(cancellation);
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = 0L;
            while (await source.ReadAsync(_buffer, cancellation) is > 0 and var read)
            {
                sha256.AppendData(_buffer.AsSpan(0, read));
                bytes += read;
            }

            entry.File = (bytes, ByteString.CopyFrom(sha256.GetHashAndReset()));
            return true;
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            entries.Withdraw(entry, exception);
            return false;
        }
    }

    private async Task SendAsync(BulkUpload upload, CancellationToken cancellation)
    {
        var item = upload.Entry.Item;
        if (!upload.IsAnnounced)
        {
            var open = new BulkItemOpen
            {
                ItemId = item.Id, TotalBytes = (ulong)upload.TotalBytes, Sha256 = upload.Entry.File!.Value.Sha256, Options = item.Options,
            };
            await WriteAsync(new() { Open = open });
        }

        Stream? source = null;
        try
        {
            while (upload.Left > 0)
            {
                var chunk = _buffer.AsMemory(0, (int)Math.Min(ChunkBytes, upload.Left));
                try
                {
                    source ??= await OpenAtAsync(item, upload.Sent, cancellation);
                    await source.ReadExactlyAsync(chunk, cancellation);
                }
                catch (Exception exception) when (!cancellation.IsCancellationRequested)
                {
                    entries.Withdraw(upload.Entry, exception);
                    return;
                }

                while (!entries.TrySpend(upload, chunk.Length))
                {
                    if (!entries.IsWanted(upload) || cancellation.IsCancellationRequested)
                    {
                        return;
                    }

                    await SendControlsAsync();
                    await entries.WaitAsync(cut.Token);
                }

                await SendChunkAsync(item.Id, upload, chunk);
                await SendControlsAsync();
            }
        }
        finally
        {
            if (source is not null)
            {
                await source.DisposeAsync();
            }
        }

        if (entries.TryFinish(upload))
        {
            await WriteAsync(new() { Finish = new BulkItemFinish { ItemId = item.Id } });
        }
    }

    private async Task SendChunkAsync(string id, BulkUpload upload, ReadOnlyMemory<byte> data)
    {
        var chunk = new BulkItemChunk
        {
            ItemId = id, Offset = (ulong)upload.Sent, Data = UnsafeByteOperations.UnsafeWrap(data), Crc32C = Crc32C.Of(data.Span),
        };
        await WriteAsync(new() { Chunk = chunk });
        upload.Sent += data.Length;
        run.Report(now => now with { SentBytes = now.SentBytes + data.Length });
    }

    private async Task<Stream> OpenAtAsync(BulkItem item, long position, CancellationToken cancellation)
    {
        var source = await item.OpenAsync(cancellation);
        if (source.CanSeek)
        {
            source.Seek(position, SeekOrigin.Begin);
            return source;
        }

        for (var left = position; left > 0;)
        {
            var part = _buffer.AsMemory(0, (int)Math.Min(ChunkBytes, left));
            await source.ReadExactlyAsync(part, cancellation);
            left -= part.Length;
        }

        return source;
    }

    private Task WriteAsync(CartoonizeBulkRequest message) => OnCallAsync(() => requests.WriteAsync(message, cut.Token));

    // Whatever a write throws when the server or the connection ends the call meanwhile (SocketsHttpHandler has thrown all from IOException
    // to NullReferenceException), it means one thing.
    private async Task OnCallAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception exception)
        {
            cut.CancelAfter(s_lastWord);
            throw new OperationCanceledException("The call is over.", exception);
        }
    }
}
