using System.Diagnostics.CodeAnalysis;
using DctNet.Core;

namespace DctNet.Service.Scheduling;

/// <summary>
/// Places to compute, given out by lane. A lane is first in, first out; between lanes that both wait, places go by weight (stride
/// scheduling: C. A. Waldspurger and W. E. Weihl, MIT/LCS/TM-528, 1995), so neither starves and a lane that was idle gets its next
/// place at once. Work whose caller has gone leaves the line; work whose deadline cannot be met is refused, on arrival or when its turn
/// comes, before anything is computed for it. A bulk picture in work gives way to a single one between its steps.
/// </summary>
internal sealed class PlaceQueue
{
    /// <summary>Share of the newest compute time in the running mean: about the last ten count.</summary>
    private const double MeanShare = 0.1;

    private static readonly Failure s_tooLate = new(
        FailureCode.Overloaded, "The server has so much to do that this call's deadline would pass; try again later or allow more time.");

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly int _places;
    private readonly long _maxDecodedBytes;
    private readonly Line[] _lines;

    private int _taken;
    private long _takenBytes;
    private double _meanSeconds;
    private double _virtualTime;

    /// <param name="places">Pictures that may be computed at the same time.</param>
    /// <param name="maxDecodedBytes">Bytes that their decoded pictures may have together; a larger picture computes alone.</param>
    /// <param name="interactiveWeight">Interactive pictures for each bulk picture while both wait.</param>
    /// <param name="time">The clock of deadlines and compute times.</param>
    public PlaceQueue(int places, long maxDecodedBytes, int interactiveWeight, TimeProvider time)
    {
        (_places, _maxDecodedBytes, _time) = (places, maxDecodedBytes, time);
        _lines = new Line[Enum.GetValues<Lane>().Length];
        _lines[(int)Lane.Interactive] = new Line(1.0 / interactiveWeight);
        _lines[(int)Lane.Bulk] = new Line(1.0);
    }

    /// <summary>Places taken now.</summary>
    public int Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

    /// <summary>How many wait in a lane now.</summary>
    public int Waiting(Lane lane)
    {
        lock (_gate)
        {
            return _lines[(int)lane].Waiters.Count;
        }
    }

    /// <summary>Waits for a place.</summary>
    /// <returns>The place, or <see cref="FailureCode.Overloaded"/> where the deadline cannot be met.</returns>
    /// <exception cref="OperationCanceledException">The caller went away while waiting.</exception>
    public async ValueTask<Outcome<Place>> WaitAsync(Work work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_gate)
        {
            var line = _lines[(int)work.Lane];
            if (NobodyWaits && Fits(work))
            {
                return Take(work);
            }

            // The other lane's share of the places is left out: what is refused here could hardly be in time.
            var turns = (line.Waiters.Count + 1.0) / _places;
            if (!IsInTime(work, _meanSeconds * (turns + 1)))
            {
                return s_tooLate;
            }

            Reenter(line);
            waiter = new Waiter(work, line);
            waiter.Node = line.Waiters.AddLast(waiter);
        }

        await using (cancellation.UnsafeRegister(static (state, token) => ((Waiter)state!).Cancel(token), waiter))
        {
            try
            {
                return await waiter.Task;
            }
            catch (OperationCanceledException)
            {
                Forget(waiter);
                throw;
            }
        }
    }

    /// <summary>
    /// Lends the place of a bulk picture to a single one that waits, while it is that lane's turn, and waits before all others of its own
    /// lane for the next. Its turn was counted when it began, so that the lanes' weights stand.
    /// </summary>
    internal void GiveWay(Place place, CancellationToken cancellation)
    {
        var urgent = _lines[(int)Lane.Interactive];
        var line = _lines[(int)place.Work.Lane];
        if (line == urgent)
        {
            return;
        }

        Waiter waiter;
        lock (_gate)
        {
            if (urgent.Waiters.First is not { } next)
            {
                return;
            }

            Reenter(line);
            _taken--;
            if (line.Pass < urgent.Pass || !Fits(next.Value.Work))
            {
                _taken++;
                return;
            }

            // Its picture stays in memory, and counts.
            waiter = new Waiter(new Work(place.Work.Lane, DecodedBytes: 0, DateTime.MaxValue), line) { Resumes = true };
            waiter.Node = line.Waiters.AddFirst(waiter);
            GiveOut();
        }

        var paused = _time.GetTimestamp();
        place.Paused = true;
        try
        {
            waiter.Task.Wait(cancellation);
        }
        catch (OperationCanceledException) when (waiter.TrySetCanceled(cancellation))
        {
            Forget(waiter);
            throw;
        }
        catch (OperationCanceledException)
        {
            // Its turn came at the same moment.
            place.Paused = false;
            throw;
        }

        place.Paused = false;
        place.Start += _time.GetTimestamp() - paused;
    }

    internal void Release(Place place)
    {
        lock (_gate)
        {
            place.Computed = _time.GetElapsedTime(place.Start);
            _takenBytes -= place.Work.DecodedBytes;
            if (!place.Paused)
            {
                var seconds = place.Computed.TotalSeconds;
                _meanSeconds = _meanSeconds == 0 ? seconds : _meanSeconds + (MeanShare * (seconds - _meanSeconds));
                _taken--;
            }

            GiveOut();
        }
    }

    private bool NobodyWaits => Array.TrueForAll(_lines, line => line.Waiters.Count == 0);

    /// <summary>A lane that comes back does not claim what it did not use meanwhile.</summary>
    private void Reenter(Line line)
    {
        if (line.Waiters.Count == 0)
        {
            line.Pass = Math.Max(line.Pass, _virtualTime);
        }
    }

    private void Forget(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Node.List is { } list)
            {
                list.Remove(waiter.Node);

                // A large picture at the head of its line may have held up smaller ones.
                GiveOut();
            }
        }
    }

    private void GiveOut()
    {
        while (TryPeek(out var waiter))
        {
            // Half the mean, because pictures differ: what is dropped here has no time left for a picture of half the usual size.
            var late = !IsInTime(waiter.Work, _meanSeconds / 2);
            if (!late && !Fits(waiter.Work) && !TryPeekBegun(out waiter))
            {
                return;
            }

            waiter.Line.Waiters.RemoveFirst();
            if (late)
            {
                waiter.TrySetResult(s_tooLate);
                continue;
            }

            var place = Take(waiter.Work);
            if (waiter.TrySetResult(place))
            {
                _virtualTime = waiter.Line.Pass;
                waiter.Line.Pass += waiter.Resumes ? 0 : waiter.Line.Stride;
            }
            else
            {
                // Cancelled between its turn and now: the place goes on to the next.
                Untake(waiter.Work);
            }
        }
    }

    private bool TryPeek([NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = null;
        foreach (var line in _lines)
        {
            if (line.Waiters.First is { } first && (waiter is null || line.Pass < waiter.Line.Pass))
            {
                waiter = first.Value;
            }
        }

        return waiter is not null;
    }

    /// <summary>A picture that gave way: it needs a place and no memory, and where the next one is too large, it makes room by going on.</summary>
    private bool TryPeekBegun([NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = _lines[(int)Lane.Bulk].Waiters.First?.Value;
        return waiter is { Resumes: true } && Fits(waiter.Work);
    }

    /// <summary>Whether there is a place, and memory: pictures that gave way are in it still.</summary>
    private bool Fits(Work work) =>
        _taken < _places && (work.DecodedBytes == 0 || _takenBytes == 0 || work.DecodedBytes <= _maxDecodedBytes - _takenBytes);

    private bool IsInTime(Work work, double seconds) =>
        work.Deadline == DateTime.MaxValue || _time.GetUtcNow().UtcDateTime.AddSeconds(seconds) < work.Deadline;

    private Place Take(Work work)
    {
        _taken++;
        _takenBytes += work.DecodedBytes;
        return new Place(this, work, _time.GetTimestamp());
    }

    private void Untake(Work work)
    {
        _taken--;
        _takenBytes -= work.DecodedBytes;
    }

    /// <summary>One lane's waiters, and where it stands in virtual time.</summary>
    private sealed class Line(double stride)
    {
        public LinkedList<Waiter> Waiters { get; } = new();

        public double Stride { get; } = stride;

        public double Pass { get; set; }
    }

    private sealed class Waiter(Work work, Line line)
        : TaskCompletionSource<Outcome<Place>>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Work Work { get; } = work;

        public Line Line { get; } = line;

        /// <summary>It has begun, and lent its place.</summary>
        public bool Resumes { get; init; }

        public LinkedListNode<Waiter> Node { get; set; } = null!;

        public void Cancel(CancellationToken token) => TrySetCanceled(token);
    }
}
