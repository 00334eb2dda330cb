using System.Collections.Concurrent;

namespace DctNet.Cli.Tests.Client;

/// <summary>The system's clock, with timers that fire at once and remember how long they should have waited; those that wait for no time yet do neither.</summary>
internal sealed class InstantTimers : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
