using DctNet.Core;
using DctNet.Service.Options;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Service.Uploads;

/// <summary>
/// Reads "one header, then chunks" from a client's stream, within bounds of its own: on streaming calls grpc-dotnet lifts Kestrel's
/// size limit and minimum data rate.
/// </summary>
internal sealed class UploadReader<TMessage> : IDisposable
    where TMessage : class
{
    /// <summary>A chunk buffer above this is refused: it would live on the large-object heap for each message.</summary>
    private const int MaxChunkBytes = 1 << 20;

    // Where the caller does not say how much will come, start with what a small portrait takes.
    private const int InitialBytes = 256 << 10;

    private readonly IAsyncStreamReader<TMessage> _stream;
    private readonly LimitOptions _limits;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _patience;
    private readonly CancellationTokenSource _either;
    private long _periodBegan;
    private int _periodLength;

    /// <param name="stream">The client's messages.</param>
    /// <param name="limits">Bytes, and time between messages and as a whole.</param>
    /// <param name="time">The clock of both.</param>
    /// <param name="caller">Cancelled when the caller goes or its deadline passes.</param>
    public UploadReader(IAsyncStreamReader<TMessage> stream, LimitOptions limits, TimeProvider time, CancellationToken caller)
    {
        (_stream, _limits, _time, _caller, _start) = (stream, limits, time, caller, time.GetTimestamp());
        _periodBegan = _start;
        _patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_patience.Token, caller);
    }

    public async Task<Outcome<THeader>> ReadHeaderAsync<THeader>(Func<TMessage, THeader?> header)
        where THeader : class
    {
        if (!(await MoveNextAsync()).TryGet(out var more, out var failure))
        {
            return failure;
        }

        if (more && header(_stream.Current) is { } found)
        {
            return found;
        }

        return new Failure(FailureCode.ProtocolViolation, "The first message of the stream must be the header.", "header");
    }

    /// <param name="chunk">The message's bytes, rented, or null when it is no chunk.</param>
    /// <param name="declaredBytes">What the header announced; 0 when it did not.</param>
    public async Task<Outcome<Upload>> ReadBodyAsync(Func<TMessage, ByteString?> chunk, ulong declaredBytes)
    {
        if (declaredBytes > (ulong)_limits.MaxUploadBytes)
        {
            return TooLarge($"The header announces more bytes ({declaredBytes:N0})");
        }

        var upload = new Upload(declaredBytes > 0 ? (int)declaredBytes : Math.Min(InitialBytes, _limits.MaxUploadBytes));
        try
        {
            if (await FillAsync(upload, chunk, declaredBytes) is { } failure)
            {
                upload.Dispose();
                return failure;
            }

            return upload;
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _patience.Dispose();
    }

    private async Task<Failure?> FillAsync(Upload upload, Func<TMessage, ByteString?> chunk, ulong declaredBytes)
    {
        while (true)
        {
            if (!(await MoveNextAsync()).TryGet(out var more, out var stalled))
            {
                return stalled;
            }

            if (!more)
            {
                break;
            }

            if (chunk(_stream.Current) is not { } bytes)
            {
                return new Failure(FailureCode.ProtocolViolation, "After the header every message must be a chunk.", "chunk");
            }

            // An empty chunk would be a sign of life without progress.
            if (bytes.Length is 0 or > MaxChunkBytes)
            {
                return new Failure(FailureCode.ProtocolViolation, $"A chunk has 1 to {MaxChunkBytes:N0} bytes; 64 KiB is best.", "chunk");
            }

            if (bytes.Length > _limits.MaxUploadBytes - upload.Length)
            {
                return TooLarge("The upload has more bytes");
            }

            upload.Append(bytes.Span);
            RentedChunks.Return(bytes);
            if (IsTooSlow(upload.Length))
            {
                return new Failure(
                    FailureCode.UploadStalled, $"The upload is slower than {_limits.MinUploadBytesPerSecond:N0} bytes a second.");
            }
        }

        if (declaredBytes != 0 && (ulong)upload.Length != declaredBytes)
        {
            return new Failure(
                FailureCode.CorruptImage,
                $"The header announced {declaredBytes:N0} bytes, but {upload.Length:N0} came.",
                "header.total_bytes");
        }

        return null;
    }

    // From the end of each period to the next; what came in it is what counts, so that a fast beginning buys no slow end.
    private bool IsTooSlow(int length)
    {
        var period = _time.GetElapsedTime(_periodBegan);
        if (period < LimitOptions.RatePeriod)
        {
            return false;
        }

        var came = length - _periodLength;
        (_periodBegan, _periodLength) = (_time.GetTimestamp(), length);
        return came < _limits.MinUploadBytesPerSecond * period.TotalSeconds;
    }

    private Failure TooLarge(string what) =>
        new(FailureCode.UploadTooLarge, $"{what} than this server takes: {_limits.MaxUploadBytes:N0}.");

    private async Task<Outcome<bool>> MoveNextAsync()
    {
        var idle = TimeSpan.FromSeconds(_limits.IdleTimeoutSeconds);
        var left = TimeSpan.FromSeconds(_limits.MaxUploadSeconds) - _time.GetElapsedTime(_start);
        if (left <= TimeSpan.Zero)
        {
            return TookTooLong();
        }

        _patience.CancelAfter(idle < left ? idle : left);
        try
        {
            return await _stream.MoveNext(_either.Token);
        }
        catch (Exception exception) when (_patience.IsCancellationRequested && !_caller.IsCancellationRequested
            && exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return idle < left
                ? new Failure(FailureCode.UploadStalled, $"The upload sent nothing for {_limits.IdleTimeoutSeconds} seconds.")
                : TookTooLong();
        }
        catch (IOException)
        {
            // The stream was reset; the call's cancellation may come a moment later.
            throw new RpcException(new Status(StatusCode.Cancelled, "The caller went away."));
        }
    }

    private Failure TookTooLong() => new(FailureCode.UploadStalled, $"The upload took longer than {_limits.MaxUploadSeconds} seconds.");
}
