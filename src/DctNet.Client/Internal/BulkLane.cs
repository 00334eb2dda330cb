using System.Security.Cryptography;
using System.Threading.Channels;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace DctNet.Client;

/// <summary>
/// One stream after another, and the items on them. A cut stream is followed by one that resumes its session; where that is held no more,
/// whatever is not confirmed begins again on a new session. One task sends, one receives.
/// </summary>
internal sealed class BulkLane(BulkRun run)
{
    private const int ChunkBytes = 64 << 10;

    /// <summary>Tries of an item that fails for reasons that pass.</summary>
    private const int MaxItemAttempts = 5;

    /// <summary>How long a stream without items waits for the caller to bring some.</summary>
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(5);

    /// <summary>How long a cancelled run may take to tell the server, which would work on for nobody.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, BulkEntry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<CartoonizeBulkRequest> _controls = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private string _session = "";
    private BulkCredits _credits = new();
    private long? _failingSince;
    private long _rotateAfter;
    private int _failures;
    private volatile bool _isClosing;
    private int _reportedOpen;

    private bool MustRotate => run.Time.GetTimestamp() > _rotateAfter;

    public void Wake() => _signal.Writer.TryWrite(true);

    /// <summary>Works until there are no more items and all of its own are done.</summary>
    /// <exception cref="DctNetException">The service refuses, or is out of reach for too long.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (_entries.Count == 0 && !await run.WaitForItemAsync(cancellation))
            {
                return;
            }

            try
            {
                await StreamAsync(cancellation);
                continue;
            }
            catch (RpcException exception)
            {
                cancellation.ThrowIfCancellationRequested();
                await PauseAsync(DctNetException.From(exception), cancellation);
            }
            catch (DctNetException exception) when (exception.StatusCode == StatusCode.DataLoss)
            {
                await PauseAsync(exception, cancellation);
            }
        }
    }

    /// <summary>The caller is done with an item's result.</summary>
    public void Confirm(BulkEntry entry)
    {
        lock (_gate)
        {
            entry.Phase = BulkPhase.Confirmed;
            if (entry.IsHeld)
            {
                _controls.Enqueue(new() { Confirm = new BulkItemConfirm { ItemId = entry.Item.Id } });
            }

            // A failed item is over with this; a delivered one when the server says DONE.
            if (!entry.IsHeld || !entry.Result!.Succeeded)
            {
                Remove(entry);
            }
        }

        Wake();
    }

    private async Task PauseAsync(DctNetException error, CancellationToken cancellation)
    {
        var isFinal = error is { StatusCode: StatusCode.InvalidArgument or StatusCode.Unimplemented }
            or { StatusCode: StatusCode.Unauthenticated or StatusCode.PermissionDenied };
        _failingSince ??= run.Time.GetTimestamp();
        if (isFinal || run.Time.GetElapsedTime(_failingSince.Value) > run.Options.GiveUpAfter)
        {
            throw error;
        }

        await Task.Delay((error.RetryAfter ?? TimeSpan.Zero) + run.Retrier.Backoff(++_failures), run.Time, cancellation);
    }

    private async Task StreamAsync(CancellationToken cancellation)
    {
        using var cut = new CancellationTokenSource();
        using var call = run.Cartoons.CartoonizeBulk(cancellationToken: cut.Token);
        await using var farewell = cancellation.Register(() =>
        {
            cut.CancelAfter(s_farewell);
            Wake();
        });
        _isClosing = false;
        run.Report(now => now with { Streams = now.Streams + 1 });
        var start = run.Start.Clone();
        start.SessionId = _session;
        try
        {
            await call.RequestStream.WriteAsync(new() { Start = start }, cut.Token);
        }
        catch (Exception exception) when (IsOver(exception))
        {
            // The receiving side learns why.
        }

        await BeginAsync(call.ResponseStream, cut.Token);
        var sending = SendAsync(call.RequestStream, cut, cancellation);
        try
        {
            await ReceiveAsync(call.ResponseStream, cut.Token);
            if (!_isClosing)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The server ended the stream before its items."));
            }
        }
        finally
        {
            await cut.CancelAsync();
            Wake();
            await sending;
            await DropResultsAsync();
        }

        cancellation.ThrowIfCancellationRequested();
        _session = "";
    }

    private async Task BeginAsync(IAsyncStreamReader<CartoonizeBulkResponse> answers, CancellationToken cut)
    {
        var started = (await NextAsync(answers, cut)).Started ?? throw Invalid("The stream does not begin with its session.");
        var held = new Dictionary<string, BulkItemProgress>(StringComparer.Ordinal);
        for (var i = 0; i < started.HeldItems; i++)
        {
            var item = (await NextAsync(answers, cut)).Progress ?? throw Invalid("The stream does not go on with the items held.");
            held[item.ItemId] = item;
        }

        // A fifth around the age, so that streams begun together do not end together.
#pragma warning disable CA5394
        var age = run.Options.StreamAge * (0.9 + (0.2 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
        _rotateAfter = run.Time.GetTimestamp() + (long)(age.TotalSeconds * run.Time.TimestampFrequency);
        lock (_gate)
        {
            (_session, _credits) = (started.SessionId, started.Credits);
            _controls.Clear();
            foreach (var entry in _entries.Values.ToArray())
            {
                Resume(entry, held.GetValueOrDefault(entry.Item.Id));
                held.Remove(entry.Item.Id);
            }

            // Of an earlier stream, and over for us.
            foreach (var id in held.Keys)
            {
                Abandon(id);
            }
        }
    }

    // Under the gate.
    private void Resume(BulkEntry entry, BulkItemProgress? held)
    {
        entry.IsHeld = held is not null;
        switch (entry.Phase)
        {
            case BulkPhase.Ended:
                break;
            case BulkPhase.Confirmed when held is null:
                Remove(entry);
                break;
            case BulkPhase.Confirmed:
                _controls.Enqueue(new() { Confirm = new BulkItemConfirm { ItemId = entry.Item.Id } });
                break;
            case BulkPhase.Waiting or BulkPhase.Pausing when held is not null:
                Abandon(entry.Item.Id);
                break;
            case BulkPhase.Waiting or BulkPhase.Pausing:
                break;
            default:
                entry.Sent = held is { State: BulkItemState.Receiving } ? (long)held.CommittedBytes : 0;
                entry.Phase = held switch
                {
                    null => BulkPhase.Waiting,
                    { State: BulkItemState.Receiving } when entry.OwnError is null => BulkPhase.Sending,
                    _ => BulkPhase.Sent,
                };
                if (entry.OwnError is not null && held is null)
                {
                    End(entry, new BulkResult(entry.Item, entry.OwnError));
                }
                else if (entry.OwnError is not null)
                {
                    _controls.Enqueue(new() { Cancel = new BulkItemCancel { ItemId = entry.Item.Id } });
                }

                break;
        }
    }

    private static async Task<CartoonizeBulkResponse> NextAsync(IAsyncStreamReader<CartoonizeBulkResponse> answers, CancellationToken cut)
    {
        if (!await answers.MoveNext(cut))
        {
            throw Invalid("The stream ended before it began.");
        }

        return answers.Current;
    }

    // Errors of the call are left to the receiving side, which has the server's reason.
    private async Task SendAsync(
        IClientStreamWriter<CartoonizeBulkRequest> requests, CancellationTokenSource cut, CancellationToken cancellation)
    {
        try
        {
            await SendItemsAsync(requests, cut, cancellation);
            if (cancellation.IsCancellationRequested)
            {
                AbandonAll();
                await SendControlsAsync(requests, cut.Token);
            }

            _isClosing = true;
            await requests.CompleteAsync();
        }
        catch (Exception exception) when (IsOver(exception))
        {
            return;
        }
        catch
        {
            await cut.CancelAsync();
            throw;
        }
    }

    private async Task SendItemsAsync(
        IClientStreamWriter<CartoonizeBulkRequest> requests, CancellationTokenSource cut, CancellationToken cancellation)
    {
        var buffer = new byte[ChunkBytes];
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                await SendControlsAsync(requests, cut.Token);
                if (Pick() is not { } entry)
                {
                    if (!await StaysAsync(cut.Token))
                    {
                        return;
                    }
                }
                else if (await PrepareAsync(entry, buffer, cancellation))
                {
                    if (!TryBegin(entry, out var open))
                    {
                        await WaitAsync(cut.Token);
                        continue;
                    }

                    if (open is not null)
                    {
                        await requests.WriteAsync(new() { Open = open }, cut.Token);
                    }

                    await SendFileAsync(requests, entry, buffer, cut, cancellation);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !cut.IsCancellationRequested)
        {
            // An item's own streams were interrupted; the call is sound and can be ended in order.
        }
    }

    private async Task SendControlsAsync(IClientStreamWriter<CartoonizeBulkRequest> requests, CancellationToken cut)
    {
        while (true)
        {
            CartoonizeBulkRequest? control;
            lock (_gate)
            {
                if (!_controls.TryDequeue(out control))
                {
                    return;
                }
            }

            await requests.WriteAsync(control, cut);
        }
    }

    // What the server has a part of goes first: until it is whole it holds its credits.
    private BulkEntry? Pick()
    {
        lock (_gate)
        {
            var next = _entries.Values.FirstOrDefault(entry => entry.Phase == BulkPhase.Sending)
                ?? _entries.Values.FirstOrDefault(entry => entry.Phase == BulkPhase.Waiting);
            if (next is null && _entries.Count < run.Options.MaxOpenItems && !MustRotate && run.TakeItem() is { } item)
            {
                next = new BulkEntry(item, this);
                _entries.Add(item.Id, next);
                ReportOpen();
            }

            return next;
        }
    }

    // False when the stream has served: no items are left, or it is to be replaced, or the caller brings none for a while.
    private async Task<bool> StaysAsync(CancellationToken cut)
    {
        bool isEmpty;
        lock (_gate)
        {
            isEmpty = _entries.Count == 0;
        }

        if (isEmpty && (MustRotate || run.IsSourceEmpty))
        {
            return false;
        }

        if (!isEmpty)
        {
            await WaitAsync(cut);
            return true;
        }

        try
        {
            await WaitAsync(cut).WaitAsync(s_linger, run.Time, cut);
            return true;
        }
        catch (TimeoutException)
        {
            Wake();
            return false;
        }
    }

    private Task<bool> WaitAsync(CancellationToken cut) => _signal.Reader.ReadAsync(cut).AsTask();

    // Size and checksum, once; false where the item's own streams fail.
    private async Task<bool> PrepareAsync(BulkEntry entry, byte[] buffer, CancellationToken cancellation)
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
            while (await source.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                sha256.AppendData(buffer.AsSpan(0, read));
                bytes += read;
            }

            entry.File = (bytes, ByteString.CopyFrom(sha256.GetHashAndReset()));
            return true;
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            lock (_gate)
            {
                End(entry, new BulkResult(entry.Item, exception));
            }

            return false;
        }
    }

    private bool TryBegin(BulkEntry entry, out BulkItemOpen? open)
    {
        var (bytes, sha256) = entry.File!.Value;
        lock (_gate)
        {
            open = null;
            var isAlone = _entries.Values.All(other => other == entry || other.Phase is not (BulkPhase.Sending or BulkPhase.Sent) && !other.IsHeld);

            // With nothing else open no more credits will come: an item that is too large is left to the server to refuse.
            if ((ulong)(bytes - entry.Sent) > _credits.Bytes && !isAlone)
            {
                return false;
            }

            if (entry.Phase == BulkPhase.Sending)
            {
                return true;
            }

            if (_credits.Items == 0)
            {
                return false;
            }

            _credits.Items--;
            // From the beginning: a refusal may have come while a chunk of the attempt before was being written and then counted.
            (entry.Phase, entry.IsHeld, entry.Sent) = (BulkPhase.Sending, true, 0);
            open = new BulkItemOpen { ItemId = entry.Item.Id, TotalBytes = (ulong)bytes, Sha256 = sha256, Options = entry.Item.Options };
            return true;
        }
    }

    private async Task SendFileAsync(
        IClientStreamWriter<CartoonizeBulkRequest> requests,
        BulkEntry entry,
        byte[] buffer,
        CancellationTokenSource cut,
        CancellationToken cancellation)
    {
        Stream? source = null;
        try
        {
            var total = entry.File!.Value.Bytes;
            while (entry.Sent < total)
            {
                var (read, error) = await ReadAsync(buffer, total);
                if (error is not null)
                {
                    GiveUp(entry, error);
                    return;
                }

                while (!TrySpend(entry, read))
                {
                    if (entry.Phase != BulkPhase.Sending || cancellation.IsCancellationRequested)
                    {
                        return;
                    }

                    await SendControlsAsync(requests, cut.Token);
                    await WaitAsync(cut.Token);
                }

                var chunk = new BulkItemChunk
                {
                    ItemId = entry.Item.Id,
                    Offset = (ulong)entry.Sent,
                    Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)),
                    Crc32C = Crc32C.Of(buffer.AsSpan(0, read)),
                };
                await requests.WriteAsync(new() { Chunk = chunk }, cut.Token);
                entry.Sent += read;
                run.Report(now => now with { SentBytes = now.SentBytes + read });
                await SendControlsAsync(requests, cut.Token);
            }

            lock (_gate)
            {
                if (entry.Phase != BulkPhase.Sending)
                {
                    return;
                }

                entry.Phase = BulkPhase.Sent;
            }

            await requests.WriteAsync(new() { Finish = new BulkItemFinish { ItemId = entry.Item.Id } }, cut.Token);
        }
        finally
        {
            if (source is not null)
            {
                await source.DisposeAsync();
            }
        }

        async Task<(int Read, Exception? Error)> ReadAsync(byte[] buffer, long total)
        {
            try
            {
                source ??= await OpenAtAsync(entry, buffer, cancellation);
                var wanted = (int)Math.Min(buffer.Length, total - entry.Sent);
                await source.ReadExactlyAsync(buffer.AsMemory(0, wanted), cancellation);
                return (wanted, null);
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                return (0, exception);
            }
        }
    }

    private static async Task<Stream> OpenAtAsync(BulkEntry entry, byte[] buffer, CancellationToken cancellation)
    {
        var source = await entry.Item.OpenAsync(cancellation);
        if (source.CanSeek)
        {
            source.Seek(entry.Sent, SeekOrigin.Begin);
            return source;
        }

        for (var left = entry.Sent; left > 0;)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, left));
            await source.ReadExactlyAsync(part, cancellation);
            left -= part.Length;
        }

        return source;
    }

    private bool TrySpend(BulkEntry entry, int bytes)
    {
        lock (_gate)
        {
            if (entry.Phase != BulkPhase.Sending || _credits.Bytes < (ulong)bytes)
            {
                return false;
            }

            _credits.Bytes -= (ulong)bytes;
            return true;
        }
    }

    // The item's own streams failed after the server heard of it.
    private void GiveUp(BulkEntry entry, Exception error)
    {
        lock (_gate)
        {
            (entry.OwnError, entry.Phase) = (error, BulkPhase.Sent);
            _controls.Enqueue(new() { Cancel = new BulkItemCancel { ItemId = entry.Item.Id } });
        }

        Wake();
    }

    private async Task ReceiveAsync(IAsyncStreamReader<CartoonizeBulkResponse> answers, CancellationToken cut)
    {
        while (await answers.MoveNext(cut))
        {
            _failingSince = null;
            var message = answers.Current;
            switch (message.MessageCase)
            {
                case CartoonizeBulkResponse.MessageOneofCase.Credits:
                    lock (_gate)
                    {
                        _credits.Items += message.Credits.Items;
                        _credits.Bytes += message.Credits.Bytes;
                    }

                    break;
                case CartoonizeBulkResponse.MessageOneofCase.Progress when message.Progress.State == BulkItemState.Done:
                    lock (_gate)
                    {
                        if (_entries.TryGetValue(message.Progress.ItemId, out var done))
                        {
                            Remove(done);
                        }
                    }

                    break;
                case CartoonizeBulkResponse.MessageOneofCase.ResultHeader:
                    await BeginResultAsync(message.ResultHeader);
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.ResultChunk:
                    await TakeChunkAsync(message.ResultChunk, cut);
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.Status:
                    await EndItemAsync(message.Status, cut);
                    break;
            }

            Wake();
        }
    }

    private BulkEntry? Find(string id)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(id) is { Phase: BulkPhase.Sent, OwnError: null } entry ? entry : null;
        }
    }

    private async Task BeginResultAsync(BulkResultHeader header)
    {
        if (Find(header.ItemId) is not { } entry)
        {
            return;
        }

        try
        {
            await DropResultAsync(entry);
            entry.Sink = new ResultSink(header.Header, entry.Item.DestinationPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            GiveUp(entry, exception);
        }
    }

    private async Task TakeChunkAsync(BulkResultChunk chunk, CancellationToken cut)
    {
        if (Find(chunk.ItemId) is not { Sink: { } sink } entry)
        {
            return;
        }

        try
        {
            await sink.WriteAsync(chunk, cut);
            run.Report(now => now with { ReceivedBytes = now.ReceivedBytes + chunk.Data.Length });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await DropResultAsync(entry);
            GiveUp(entry, exception);
        }
    }

    private async Task EndItemAsync(BulkItemStatus ending, CancellationToken cut)
    {
        BulkEntry? entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(ending.ItemId, out entry) || entry.Phase is not (BulkPhase.Sending or BulkPhase.Sent))
            {
                return;
            }
        }

        if (ending.Status.Code == (int)StatusCode.OK)
        {
            if (entry.Sink is { } sink)
            {
                await EndWithResultAsync(entry, sink);
            }

            return;
        }

        var error = DctNetException.From(ending.Status.ToRpcException());
        lock (_gate)
        {
            entry.FailingSince ??= run.Time.GetTimestamp();
            entry.Attempts++;
            if (entry.OwnError is null && MayPass(error, entry))
            {
                (entry.Phase, entry.IsHeld, entry.Sent) = (BulkPhase.Pausing, false, 0);
                _controls.Enqueue(new() { Confirm = new BulkItemConfirm { ItemId = entry.Item.Id } });
                _ = TryAgainAsync(entry, (error.RetryAfter ?? TimeSpan.Zero) + run.Retrier.Backoff(entry.Attempts), cut);
                return;
            }

            End(entry, new BulkResult(entry.Item, entry.OwnError ?? error));
        }
    }

    private async Task EndWithResultAsync(BulkEntry entry, ResultSink sink)
    {
        ReadOnlyMemory<byte> image;
        try
        {
            image = await sink.CommitAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await DropResultAsync(entry);
            GiveUp(entry, exception);
            return;
        }

        var header = sink.Header;
        await DropResultAsync(entry);
        lock (_gate)
        {
            _failures = 0;
            End(entry, new BulkResult(entry.Item, header, image));
        }
    }

    private async Task TryAgainAsync(BulkEntry entry, TimeSpan wait, CancellationToken cut)
    {
        await Task.Delay(wait, run.Time, cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (entry.Phase == BulkPhase.Pausing)
            {
                entry.Phase = BulkPhase.Waiting;
            }
        }

        Wake();
    }

    private async Task DropResultsAsync()
    {
        foreach (var entry in _entries.Values)
        {
            await DropResultAsync(entry);
        }
    }

    private static async Task DropResultAsync(BulkEntry entry)
    {
        if (entry.Sink is { } sink)
        {
            entry.Sink = null;
            await sink.DisposeAsync();
        }
    }

    // Under the gate, as the rest.
    private void End(BulkEntry entry, BulkResult result)
    {
        (entry.Phase, entry.Result) = (BulkPhase.Ended, result);
        run.Publish(entry);
    }

    private void Remove(BulkEntry entry)
    {
        _entries.Remove(entry.Item.Id);
        ReportOpen();
    }

    private void ReportOpen()
    {
        var open = _entries.Count;
        var before = _reportedOpen;
        _reportedOpen = open;
        run.Report(now => now with { Open = now.Open + open - before });
    }

    private void Abandon(string id)
    {
        _controls.Enqueue(new() { Cancel = new BulkItemCancel { ItemId = id } });
        _controls.Enqueue(new() { Confirm = new BulkItemConfirm { ItemId = id } });
    }

    private void AbandonAll()
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values.Where(entry => entry.IsHeld && entry.Phase != BulkPhase.Confirmed))
            {
                Abandon(entry.Item.Id);
            }
        }
    }

    // A server that says when to come back is believed for as long as one that is away is waited for.
    private bool MayPass(DctNetException error, BulkEntry entry) => error switch
    {
        { StatusCode: StatusCode.ResourceExhausted, RetryAfter: not null } =>
            run.Time.GetElapsedTime(entry.FailingSince!.Value) < run.Options.GiveUpAfter,
        { StatusCode: StatusCode.Unavailable or StatusCode.DataLoss } => entry.Attempts < MaxItemAttempts,
        _ => false,
    };

    private static bool IsOver(Exception exception) => exception is RpcException or InvalidOperationException or OperationCanceledException
        or IOException or HttpRequestException;

    private static DctNetException Invalid(string message) => new(StatusCode.DataLoss, "INVALID_ANSWER", message);
}
