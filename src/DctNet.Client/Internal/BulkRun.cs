using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DctNet.V1;

namespace DctNet.Client;

/// <summary>One run over many items: spreads them over its lanes and hands their results to the caller.</summary>
internal sealed class BulkRun
{
    private readonly Channel<BulkItem> _source = Channel.CreateBounded<BulkItem>(1);
    private readonly Channel<BulkEntry> _results = Channel.CreateUnbounded<BulkEntry>(new() { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly BulkLane[] _lanes;
    private BulkProgress _now;

    public BulkRun(CartoonService.CartoonServiceClient cartoons, Retrier retrier, TimeProvider time, BulkOptions options)
    {
        (Cartoons, Retrier, Time, Options) = (cartoons, retrier, time, options);
        Start = new BulkStart
        {
            DefaultOptions = options.Options ?? new CartoonizeOptions(),
            IdempotencyScope = options.Scope ?? Guid.NewGuid().ToString("N"),
        };
        _lanes = [.. Enumerable.Range(0, options.Streams).Select(_ => new BulkLane(this))];
    }

    public CartoonService.CartoonServiceClient Cartoons { get; }

    public Retrier Retrier { get; }

    public TimeProvider Time { get; }

    public BulkOptions Options { get; }

    /// <summary>What every stream begins with, but for its session.</summary>
    public BulkStart Start { get; }

    /// <summary>True once the caller has no more items.</summary>
    public bool IsSourceEmpty => _source.Reader.Completion.IsCompleted;

    public async IAsyncEnumerable<BulkResult> RunAsync(
        IAsyncEnumerable<BulkItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pumping = PumpAsync(items, ending.Token);
        var working = WorkAsync(pumping, ending);
        try
        {
            await foreach (var entry in _results.Reader.ReadAllAsync(cancellationToken))
            {
                yield return entry.Result!;

                // Only now: a caller that broke off before has not seen the result.
                entry.Taken();
            }
        }
        finally
        {
            await ending.CancelAsync();
            await working;
        }
    }

    public BulkItem? TakeItem() => _source.Reader.TryRead(out var item) ? item : null;

    /// <summary>Waits until there is an item, or will never be one.</summary>
    public async Task<bool> WaitForItemAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.Reader.WaitToReadAsync(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The caller's own error; it ends the run once what is open is done.
            return false;
        }
    }

    public void Publish(BulkEntry entry)
    {
        Report(now => entry.Result!.Succeeded ? now with { Done = now.Done + 1 } : now with { Failed = now.Failed + 1 });
        _results.Writer.TryWrite(entry);
    }

    public void Report(Func<BulkProgress, BulkProgress> step)
    {
        lock (_gate)
        {
            _now = step(_now);
            Options.Progress?.Report(_now);
        }
    }

    private async Task PumpAsync(IAsyncEnumerable<BulkItem> items, CancellationToken cancellationToken)
    {
        Exception? error = null;
        try
        {
            await foreach (var item in items.WithCancellation(cancellationToken))
            {
                await _source.Writer.WriteAsync(item, cancellationToken);
                Wake();
            }
        }
        catch (Exception exception)
        {
            error = exception;
        }

        _source.Writer.Complete(error);
        Wake();
    }

    private void Wake()
    {
        foreach (var lane in _lanes)
        {
            lane.Wake();
        }
    }

    // Never fails itself: the first error of a lane, else the source's, is what the results end with.
    private async Task WorkAsync(Task pumping, CancellationTokenSource ending)
    {
        Exception? error = null;
        await Task.WhenAll(_lanes.Select(async lane =>
        {
            try
            {
                await lane.RunAsync(ending.Token);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref error, exception, null);
                await ending.CancelAsync();
            }
        }));
        await pumping;
        if (error is null && _source.Reader.Completion is { IsFaulted: true, Exception: var fault })
        {
            error = fault.InnerException;
        }

        _results.Writer.Complete(error);
    }
}
