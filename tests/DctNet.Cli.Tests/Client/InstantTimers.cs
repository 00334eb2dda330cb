using System.Collections.Concurrent;

namespace DctNet.Cli.Tests.Client;

/// <summary>The system's clock, with timers that fire at once and remember how long they should have waited.</summary>
internal sealed class InstantTimers : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
