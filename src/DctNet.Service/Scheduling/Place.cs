using DctNet.Core.Pipeline;

namespace DctNet.Service.Scheduling;

/// <summary>The right to compute. Dispose, or <see cref="Leave"/>, gives it to the next in line.</summary>
internal sealed class Place : IComputePlace, IDisposable
{
    private readonly PlaceQueue _queue;
    private int _left;

    internal Place(PlaceQueue queue, Work work, long start) => (_queue, Work, Start) = (queue, work, start);

    /// <summary>Time computed, pauses left out. 0 until the place is left.</summary>
    public TimeSpan Computed { get; internal set; }

    internal Work Work { get; }

    /// <summary>When it was given, later by the time of all pauses since.</summary>
    internal long Start { get; set; }

    /// <summary>Somebody else has it, and its picture waits.</summary>
    internal bool Paused { get; set; }

    public void GiveWay(CancellationToken cancellation) => _queue.GiveWay(this, cancellation);

    public void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _queue.Release(this);
        }
    }

    public void Dispose() => Leave();
}
