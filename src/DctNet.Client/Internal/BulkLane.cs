using Grpc.Core;
using Status = Grpc.Core.Status;

namespace DctNet.Client;

/// <summary>
/// One stream after another, and the items on them. A cut stream is followed by one that resumes its session; where that is held no more,
/// whatever is not confirmed begins again on a new session. One task sends, one receives.
/// </summary>
internal sealed class BulkLane(BulkRun run)
{
    /// <summary>
    /// How long the server may be silent once the run is cancelled. It would work on for nobody if it did not hear of that, and it hears of it
    /// behind all that was sent before: dozens of files that its disk is still to take, perhaps.
    /// </summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly BulkEntries _entries = new(run);
    private string _session = "";
    private long? _failingSince;
    private int _failures;

    public void Wake() => _entries.Wake();

    /// <summary>Works until there are no more items and all of its own are done.</summary>
    /// <exception cref="DctNetException">The service refuses, or is out of reach for too long.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (_entries.IsEmpty && !await run.WaitForItemAsync(cancellation))
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

    private async Task PauseAsync(DctNetException error, CancellationToken cancellation)
    {
        var isFinal = error.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented
            or StatusCode.Unauthenticated or StatusCode.PermissionDenied;
        _failingSince ??= run.Time.GetTimestamp();
        if (isFinal || run.Time.GetElapsedTime(_failingSince.Value) > run.Options.GiveUpAfter)
        {
            throw error;
        }

        await Task.Delay((error.RetryAfter ?? TimeSpan.Zero) + run.Retrier.Backoff(++_failures), run.Time, cancellation);
    }

    private async Task StreamAsync(CancellationToken cancellation)
    {
        using var cut = new CancellationTokenSource(Timeout.InfiniteTimeSpan, run.Time);
        using var call = run.Cartoons.CartoonizeBulk(cancellationToken: cut.Token);
        await using var farewell = cancellation.Register(() =>
        {
            cut.CancelAfter(s_farewell);
            Wake();
        });
        run.Report(now => now with { Streams = now.Streams + 1 });
        var sender = new BulkSender(run, _entries, call.RequestStream, RetiresAt(), cut);
        await using var receiver = new BulkReceiver(run, _entries, call.ResponseStream);
        var start = run.Start.Clone();
        start.SessionId = _session;
        await sender.StartAsync(start);
        var (started, held) = await receiver.BeginAsync(cut.Token);
        _session = started.SessionId;
        _entries.Begin(started.Credits, held);
        run.Report(now => now with { Connected = now.Connected + 1 });
        var sending = sender.RunAsync(cancellation);
        try
        {
            await receiver.RunAsync(Heard, cut.Token, cancellation);
            if (!sender.HasClosed)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The server ended the stream before its items."));
            }
        }
        finally
        {
            run.Report(now => now with { Connected = now.Connected - 1 });
            (_failingSince, _failures) = (receiver.HasHeard ? null : _failingSince, receiver.HasResult ? 0 : _failures);
            await cut.CancelAsync();
            Wake();
            await sending;
        }

        cancellation.ThrowIfCancellationRequested();
        _session = "";

        void Heard()
        {
            if (cancellation.IsCancellationRequested)
            {
                cut.CancelAfter(s_farewell);
            }
        }
    }

    // Spread by a fifth, so that streams begun together do not end together.
    private long RetiresAt()
    {
#pragma warning disable CA5394
        var age = run.Options.StreamAge * (0.9 + (0.2 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
        return run.Time.GetTimestamp() + (long)(age.TotalSeconds * run.Time.TimestampFrequency);
    }
}
