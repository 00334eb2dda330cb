using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using DctNet.Client;
using DctNet.V1;

namespace DctNet.Cli.Bench;

/// <summary>One bulk stream that takes pictures as they come and gives each caller its own result.</summary>
internal sealed class BulkLine : IAsyncDisposable
{
    /// <summary>More than a server allows by default: its own bound is what counts.</summary>
    private const int MaxOpenItems = 1024;

    private readonly Channel<BulkItem> _items = Channel.CreateUnbounded<BulkItem>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ResultHeader>> _waiting = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeSpan _deadline;
    private readonly Task _run;
    private long _sent;

    /// <param name="client">The service.</param>
    /// <param name="options">What to make of the pictures.</param>
    /// <param name="deadline">How long a caller waits; the stream knows no deadlines, so the picture is drawn nevertheless.</param>
    public BulkLine(DctNetClient client, CartoonizeOptions options, TimeSpan deadline)
    {
        _deadline = deadline;
        _run = RunAsync(client, new BulkOptions { Options = options, MaxOpenItems = MaxOpenItems });
    }

    /// <exception cref="DctNetException">The service refused the picture.</exception>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    public async Task<ResultHeader> SendAsync(byte[] picture, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _sent).ToString(CultureInfo.InvariantCulture);
        var waiter = new TaskCompletionSource<ResultHeader>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = waiter;
        if (!_items.Writer.TryWrite(BulkItem.FromBytes(id, picture)))
        {
            // The stream is lost; this says why.
            await _run;
        }

        return await waiter.Task.WaitAsync(_deadline, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _items.Writer.TryComplete();
        await _ended.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task RunAsync(DctNetClient client, BulkOptions options)
    {
        try
        {
            await foreach (var result in client.CartoonizeManyAsync(_items.Reader.ReadAllAsync(_ended.Token), options, _ended.Token))
            {
                if (_waiting.TryRemove(result.Item.Id, out var waiter))
                {
                    _ = result.Succeeded ? waiter.TrySetResult(result.Header) : waiter.TrySetException(result.Error);
                }
            }
        }
        catch (Exception exception)
        {
            _items.Writer.TryComplete();
            foreach (var waiter in _waiting.Values)
            {
                waiter.TrySetException(exception);
            }

            throw;
        }
    }
}
