using System.Buffers;
using System.Diagnostics;
using DctNet.Core.Diagnostics;

namespace DctNet.Core.Inference.Scheduling;

/// <summary>
/// Runs the pictures of many callers together: one line for a network, and one thread for each of its sessions. A free session takes the
/// oldest picture and those of its size and style behind it, as soon as they fill a batch or the oldest has waited its time. What
/// comes while all sessions are busy gathers without further waiting.
/// </summary>
/// <remarks>
/// What holds at any time:
/// <list type="bullet">
/// <item>A picture waits, or is in one batch, or is done; it goes from one to the next under the gate, and only forward.</item>
/// <item>No call ends while a batch holds its picture, so the memory is the caller's own again when it does.</item>
/// <item>A caller who goes takes its waiting picture along. A batch under way stops when the last of its callers has gone, not before.</item>
/// <item>A fault in a batch reaches each of its callers, and no other.</item>
/// <item>A batch of one runs in the caller's memory; several are copied together (1 MB a head each way: under a hundredth of a run).</item>
/// </list>
/// </remarks>
internal sealed class Batcher : IDisposable
{
    private readonly object _gate = new();
    private readonly List<Item> _waiting = [];
    private readonly List<Batch> _running = [];
    private readonly BatchRun _run;
    private readonly int _maxSize;
    private readonly int _maxPixels;
    private readonly TimeSpan _maxDelay;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Thread[] _threads;
    private bool _ended;

    /// <param name="run">Runs the network; called by one thread a session.</param>
    /// <param name="sessions">How many sessions there are.</param>
    /// <param name="maxSize">Most pictures in a batch.</param>
    /// <param name="maxPixels">Most pixels in a batch of several, so that batches take no more memory than the largest single picture.</param>
    /// <param name="maxDelay">How long a picture waits for others while a session is free.</param>
    /// <param name="time">The clock of the delay.</param>
    public Batcher(BatchRun run, int sessions, int maxSize, int maxPixels, TimeSpan maxDelay, TimeProvider time)
    {
        (_run, _maxSize, _maxPixels, _maxDelay, _time) = (run, maxSize, maxPixels, maxDelay, time);
        _timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _threads = [.. Enumerable.Range(0, sessions).Select(session =>
            new Thread(() => Serve(session)) { IsBackground = true, Name = $"DctNet batches {session}" })];
        foreach (var thread in _threads)
        {
            thread.UnsafeStart();
        }
    }

    /// <summary>Runs a picture, alone or in company.</summary>
    /// <returns>Ends when no batch holds the picture any longer.</returns>
    /// <exception cref="OperationCanceledException">The token fired before it was done.</exception>
    public async Task RunAsync(BatchPicture picture, float[] style, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var item = new Item(picture, style, _time.GetTimestamp(), Activity.Current?.Context, cancellation);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _waiting.Add(item);
            Monitor.PulseAll(_gate);
        }

        await using (cancellation.UnsafeRegister(static state => ((Batcher)state!).CallerLeft(), this))
        {
            await item.Task;
        }
    }

    /// <summary>Takes no more pictures, and returns when those it has are done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _timer.Dispose();
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private void CallerLeft()
    {
        lock (_gate)
        {
            DropGone();
            foreach (var batch in _running.Where(batch => batch.Items.TrueForAll(item => item.IsGone)))
            {
                batch.Stop.Cancel();
            }
        }
    }

    private void DropGone() => _waiting.RemoveAll(item =>
    {
        var gone = item.IsGone;
        if (gone)
        {
            item.Finish(fault: null);
        }

        return gone;
    });

    /// <summary>A session's thread.</summary>
    private void Serve(int session)
    {
        while (Take() is { } batch)
        {
            Exception? fault = null;
            try
            {
                Execute(session, batch);
            }
            catch (Exception exception)
            {
                fault = exception;
            }

            Finish(batch, fault);
        }
    }

    /// <summary>Waits for a batch; null at the end.</summary>
    private Batch? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                DropGone();
                if (Ripe() is { } items)
                {
                    _waiting.RemoveAll(items.Contains);
                    var batch = new Batch(items);
                    _running.Add(batch);
                    return batch;
                }

                if (_ended)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>The next batch, if it need not wait any longer; else sets the timer for it.</summary>
    private List<Item>? Ripe()
    {
        foreach (var bucket in _waiting.GroupBy(item => item.Bucket))
        {
            var limit = Math.Clamp(_maxPixels / (bucket.Key.Height * bucket.Key.Width), 1, _maxSize);
            var items = bucket.Take(limit).ToList();
            if (_ended || items.Count == limit || Remaining(items[0]) <= TimeSpan.Zero)
            {
                return items;
            }
        }

        if (_waiting.Count > 0)
        {
            // Timers count whole milliseconds, and the time may have run out since it was looked at.
            var milliseconds = Math.Max(0, Math.Ceiling(Remaining(_waiting[0]).TotalMilliseconds));
            _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
        }

        return null;
    }

    private TimeSpan Remaining(Item item) => _maxDelay - _time.GetElapsedTime(item.Arrived);

    private void Execute(int session, Batch batch)
    {
        var items = batch.Items;
        using var span = Telemetry.StartBatch(items.Select(item => item.Caller), items.Select(item => _time.GetElapsedTime(item.Arrived)));
        var (picture, style) = (items[0].Picture, items[0].Bucket.Style);
        if (items.Count == 1)
        {
            _run(session, 1, picture, style, batch.Stop.Token);
            return;
        }

        var length = picture.Input.Length;
        var input = ArrayPool<float>.Shared.Rent(length * items.Count);
        var output = ArrayPool<float>.Shared.Rent(length * items.Count);
        try
        {
            for (var i = 0; i < items.Count; i++)
            {
                items[i].Picture.Input.CopyTo(input.AsMemory(i * length));
            }

            var all = picture with { Input = input.AsMemory(0, length * items.Count), Output = output.AsMemory(0, length * items.Count) };
            _run(session, items.Count, all, style, batch.Stop.Token);
            for (var i = 0; i < items.Count; i++)
            {
                output.AsMemory(i * length, length).CopyTo(items[i].Picture.Output);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(input);
            ArrayPool<float>.Shared.Return(output);
        }
    }

    private void Finish(Batch batch, Exception? fault)
    {
        lock (_gate)
        {
            _running.Remove(batch);
            foreach (var item in batch.Items)
            {
                item.Finish(fault);
            }
        }

        batch.Stop.Dispose();
    }

    /// <summary>What pictures of one batch have in common.</summary>
    private readonly record struct Bucket(int Height, int Width, float[] Style)
    {
        public bool Equals(Bucket other) =>
            (Height, Width) == (other.Height, other.Width) && Style.AsSpan().SequenceEqual(other.Style);

        public override int GetHashCode() => HashCode.Combine(Height, Width);
    }

    /// <summary>A picture, and what its caller waits for.</summary>
    private sealed class Item(BatchPicture picture, float[] style, long arrived, ActivityContext? caller, CancellationToken cancellation)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public BatchPicture Picture { get; } = picture;

        public Bucket Bucket { get; } = new(picture.Height, picture.Width, style);

        public long Arrived { get; } = arrived;

        public ActivityContext? Caller { get; } = caller;

        public bool IsGone => cancellation.IsCancellationRequested;

        public void Finish(Exception? fault)
        {
            if (IsGone)
            {
                SetCanceled(cancellation);
            }
            else if (fault is null)
            {
                SetResult();
            }
            else
            {
                SetException(fault);
            }
        }
    }

    private sealed class Batch(List<Item> items)
    {
        public List<Item> Items { get; } = items;

        public CancellationTokenSource Stop { get; } = new();
    }
}
