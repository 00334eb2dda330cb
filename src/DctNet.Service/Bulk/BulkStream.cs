using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using DctNet.Core;
using DctNet.Service.Options;
using DctNet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace DctNet.Service.Bulk;

/// <summary>
/// One call of CartoonizeBulk: reads what the caller sends into its session, sends what the session has to say, and watches that the
/// caller does its part. However it ends, the session stays for the next.
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer has nothing to dispose of, and disposing it would race with a takeover.
internal sealed class BulkStream(
    BulkSessions sessions,
    IAsyncStreamReader<CartoonizeBulkRequest> requests,
    IServerStreamWriter<CartoonizeBulkResponse> responses,
    string instance,
    LimitOptions limits,
    TimeProvider time)
#pragma warning restore CA1001
{
    private const int MaxScopeChars = 128;

    /// <summary>An id, options and a scope are well under this.</summary>
    private const int MaxStartBytes = 4 << 10;

    /// <summary>How long the write in progress may take once the stream is to end. Ending it by force takes the reason from the caller.</summary>
    private static readonly TimeSpan s_lastWrite = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end = new();
    private readonly BulkOutbox _outbox = new();
    private Failure? _failure;
    private ExceptionDispatchInfo? _fault;
    private BulkSession? _session;
    private CancellationToken _writes;
    private long _heard = time.GetTimestamp();
    private long _writeBegan;
    private volatile bool _isClosed;

    /// <param name="caller">Whose sessions it may take up.</param>
    /// <param name="check">What is wrong with the options for items that bring none, or null.</param>
    /// <param name="call">Cancelled when the call is over.</param>
    /// <returns>Why the server ended it, or null where the caller did.</returns>
    public async Task<Failure?> RunAsync(Caller caller, Func<CartoonizeOptions?, Failure?> check, CancellationToken call)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call, _end.Token);
        using var writes = CancellationTokenSource.CreateLinkedTokenSource(call);
        (var cancellation, _writes) = (either.Token, writes.Token);
        await using var stopping = sessions.Stopping.Register(
            () => Fail(new Failure(FailureCode.Stopping, "The server stops; resume the session later or begin another elsewhere.")));
        var watching = GuardAsync(WatchAsync(cancellation));
        try
        {
            var serving = GuardAsync(ServeAsync(caller, check, cancellation));
            await Task.WhenAny(serving, Task.Delay(Timeout.InfiniteTimeSpan, cancellation));
            await serving.WaitAsync(s_lastWrite, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writes.CancelAsync();
            await serving;
        }
        finally
        {
            if (_session is not null)
            {
                sessions.Detach(_session);
            }

            await _end.CancelAsync();
            await watching;
            _ended.SetResult();
        }

        // A failure ends the call, and with it what the call's token stands for: that is not the caller going away.
        if (_failure is null)
        {
            call.ThrowIfCancellationRequested();
            _fault?.Throw();
        }

        return _failure;
    }

    /// <summary>Ends this stream in favour of another; done when it has let go of its session.</summary>
    public Task SupersedeAsync()
    {
        Fail(new Failure(FailureCode.ProtocolViolation, "The session was resumed on another stream.", "start.session_id"));
        return _ended.Task;
    }

    private void Fail(Failure failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _end.Cancel();
        }
    }

    // When one of the tasks breaks, the others end too, and what broke first is the reason.
    private async Task GuardAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception)
        {
            if (!_end.IsCancellationRequested)
            {
                _fault = ExceptionDispatchInfo.Capture(exception);
                await _end.CancelAsync();
            }
        }
    }

    private async Task ServeAsync(Caller caller, Func<CartoonizeOptions?, Failure?> check, CancellationToken cancellation)
    {
        if (await BeginAsync(caller, check, cancellation) is { } refusal)
        {
            Fail(refusal);
            return;
        }

        await Task.WhenAll(GuardAsync(ReadAsync(_session!, cancellation)), GuardAsync(SendAsync(_session!, cancellation)));
    }

    private async Task<Failure?> BeginAsync(Caller caller, Func<CartoonizeOptions?, Failure?> check, CancellationToken cancellation)
    {
        if (!await requests.MoveNext(cancellation) || requests.Current.Start is not { } start)
        {
            return new Failure(FailureCode.ProtocolViolation, "The first message of the stream must be the start.", "start");
        }

        if (start.IdempotencyScope.Length > MaxScopeChars || start.CalculateSize() > MaxStartBytes)
        {
            return new Failure(
                FailureCode.InvalidOption, $"The idempotency scope may have {MaxScopeChars} characters.", "start.idempotency_scope");
        }

        if (start.IdempotencyScope.Contains('\0'))
        {
            // A part of every item's idempotency key, which has no U+0000.
            return new Failure(FailureCode.InvalidOption, "The idempotency scope may not contain U+0000.", "start.idempotency_scope");
        }

        if (check(start.DefaultOptions) is { } wrong)
        {
            return wrong;
        }

        var asked = start.SessionId;
        if (!(await sessions.AttachAsync(start, caller.Tenant, this, cancellation)).TryGet(out var session, out var refusal))
        {
            return refusal;
        }

        _session = session;
        var (credits, items) = session.Items.Attach(_outbox);
        var started = new BulkStarted
        {
            SessionId = session.Id,
            InstanceId = instance,
            ResumeFailed = asked.Length > 0 && asked != session.Id,
            Credits = credits,
            HeldItems = (uint)items.Count,
        };
        await WriteAsync(new CartoonizeBulkResponse { Started = started }, cancellation);
        foreach (var item in items)
        {
            await WriteAsync(new CartoonizeBulkResponse { Progress = item }, cancellation);
        }

        return null;
    }

    private async Task ReadAsync(BulkSession session, CancellationToken cancellation)
    {
        while (await requests.MoveNext(cancellation))
        {
            Volatile.Write(ref _heard, time.GetTimestamp());
            var message = requests.Current;
            var fault = message.MessageCase switch
            {
                CartoonizeBulkRequest.MessageOneofCase.Open => session.Open(message.Open),
                CartoonizeBulkRequest.MessageOneofCase.Chunk => session.Receive(message.Chunk),

                // Hashes the file and waits for the disk.
                CartoonizeBulkRequest.MessageOneofCase.Finish => await Task.Run(() => session.Finish(message.Finish.ItemId), CancellationToken.None),
                CartoonizeBulkRequest.MessageOneofCase.Cancel => session.Items.Cancel(message.Cancel.ItemId),
                CartoonizeBulkRequest.MessageOneofCase.Confirm => session.Items.Confirm(message.Confirm.ItemId),
                _ => new Failure(FailureCode.ProtocolViolation, "Only a stream's first message is a start, and none is empty.", "message"),
            };
            if (fault is not null)
            {
                Fail(fault);
                cancellation.ThrowIfCancellationRequested();
            }
        }

        _isClosed = true;
        _outbox.Wake();
    }

    private async Task SendAsync(BulkSession session, CancellationToken cancellation)
    {
        while (true)
        {
            await SendControlsAsync(cancellation);
            if (_outbox.TakeDelivery() is { } item)
            {
                await DeliverAsync(session, item, cancellation);
            }
            else if (_isClosed && !session.Items.HasWork && !_outbox.HasAny)
            {
                await _end.CancelAsync();
                return;
            }
            else
            {
                await _outbox.WaitAsync(cancellation);
            }
        }
    }

    private async Task SendControlsAsync(CancellationToken cancellation)
    {
        while (_outbox.TakeAnnouncement() is var (item, ending))
        {
            await WriteAsync(
                ending is { } status
                    ? new CartoonizeBulkResponse { Status = new BulkItemStatus { ItemId = item.Id, Status = status } }
                    : new CartoonizeBulkResponse { Progress = item.Progress },
                cancellation);
        }

        if (_outbox.TakeCredits() is { } credits)
        {
            await WriteAsync(new CartoonizeBulkResponse { Credits = credits }, cancellation);
        }
    }

    private async Task DeliverAsync(BulkSession session, BulkItem item, CancellationToken cancellation)
    {
        if (session.Items.ResultOf(item) is not { } file
            || !TryRead(session, item, () => SessionFiles.HeaderOf(file), out var facts))
        {
            return;
        }

        var header = new CartoonizeBulkResponse { ResultHeader = new BulkResultHeader { ItemId = item.Id, Header = facts } };
        await WriteAsync(header, cancellation);
        var offset = 0UL;
        using (var segments = file.Read().GetEnumerator())
        {
            while (item.State == BulkItemState.Ready && TryRead(session, item, segments.MoveNext, out var isMore) && isMore)
            {
                var data = segments.Current;
                var chunk = new BulkResultChunk
                {
                    ItemId = item.Id,
                    Offset = offset,
                    Data = UnsafeByteOperations.UnsafeWrap(data),
                    Crc32C = Crc32C.Of(data.Span),
                };
                await WriteAsync(new CartoonizeBulkResponse { ResultChunk = chunk }, cancellation);
                offset += (ulong)data.Length;

                // A long result does not hold up the acknowledgements behind it.
                await SendControlsAsync(cancellation);
            }
        }

        if (item.State == BulkItemState.Ready)
        {
            var ending = new BulkItemStatus { ItemId = item.Id, Status = new Status { Code = (int)Code.Ok } };
            await WriteAsync(new CartoonizeBulkResponse { Status = ending }, cancellation);
        }
    }

    // False where the disk does not give the result back; the item has failed then.
    private static bool TryRead<T>(BulkSession session, BulkItem item, Func<T> read, [MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = read();
            return true;
        }
        catch (IOException exception)
        {
            session.Lose(item, exception);
            value = default;
            return false;
        }
    }

    private async Task WriteAsync(CartoonizeBulkResponse message, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Volatile.Write(ref _writeBegan, time.GetTimestamp());
        await responses.WriteAsync(message, _writes);
        Volatile.Write(ref _heard, time.GetTimestamp());
        Volatile.Write(ref _writeBegan, 0);
    }

    // Streaming calls have none of Kestrel's own time limits.
    private async Task WatchAsync(CancellationToken cancellation)
    {
        var patience = TimeSpan.FromSeconds(limits.IdleTimeoutSeconds);
        var longestUpload = TimeSpan.FromSeconds(limits.MaxUploadSeconds);
        var (periodBegan, periodBytes) = (time.GetTimestamp(), 0L);
        while (true)
        {
            await Task.Delay(s_watch, time, cancellation);
            if (_session is not { Items: { IsReceiving: true, OwesCredits: false } })
            {
                _session?.Items.RestartUploads();
                (periodBegan, periodBytes) = (time.GetTimestamp(), _session?.Items.ReceivedBytes ?? 0);
            }
            else if (time.GetElapsedTime(periodBegan) >= LimitOptions.RatePeriod)
            {
                var came = _session.Items.ReceivedBytes - periodBytes;
                if (came < limits.MinUploadBytesPerSecond * time.GetElapsedTime(periodBegan).TotalSeconds)
                {
                    Fail(new Failure(
                        FailureCode.UploadStalled, $"Items came slower than {limits.MinUploadBytesPerSecond:N0} bytes a second."));
                }

                (periodBegan, periodBytes) = (time.GetTimestamp(), _session.Items.ReceivedBytes);
            }

            var writing = Volatile.Read(ref _writeBegan);
            if (writing != 0 && time.GetElapsedTime(writing) > patience)
            {
                Fail(new Failure(FailureCode.DownloadStalled, $"The caller has read nothing for {limits.IdleTimeoutSeconds} seconds."));
            }
            else if (writing == 0 && _session is not { Items.HasWork: true } && time.GetElapsedTime(Volatile.Read(ref _heard)) > patience)
            {
                Fail(new Failure(FailureCode.UploadStalled, $"The caller has sent nothing for {limits.IdleTimeoutSeconds} seconds."));
            }

            _session?.Items.EndSlowUploads(longestUpload);
        }
    }
}
