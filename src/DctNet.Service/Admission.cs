using System.Threading.RateLimiting;
using DctNet.Core;
using DctNet.Core.Diagnostics;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;

namespace DctNet.Service;

/// <summary>
/// Two bounds. Every request needs an entry, and is refused at once where there is none, before a byte of it is buffered; whoever has
/// an entry waits in line for a place to compute.
/// </summary>
internal sealed class Admission : IDisposable
{
    private static readonly Failure s_overloaded = new(FailureCode.Overloaded, "The server holds as many requests as it may; try again later.");

    private readonly int _maxEntries;
    private readonly ConcurrencyLimiter _entries;

    public Admission(LimitOptions limits, TimeProvider time)
    {
        _maxEntries = limits.EffectiveConcurrency + limits.MaxQueuedRequests;
        _entries = new(new() { PermitLimit = _maxEntries, QueueLimit = 0 });
        Places = new PlaceQueue(limits.EffectiveConcurrency, limits.MaxDecodedBytes, limits.InteractiveWeight, time);
    }

    /// <summary>Entries taken now.</summary>
    public int Entries => _maxEntries - (int)_entries.GetStatistics()!.CurrentAvailablePermits;

    /// <summary>Places to compute, and who waits for them.</summary>
    public PlaceQueue Places { get; }

    /// <summary>Takes an entry or says why not.</summary>
    public Outcome<RateLimitLease> Enter()
    {
        var lease = _entries.AttemptAcquire();
        return lease.IsAcquired
            ? lease
            : s_overloaded;
    }

    /// <summary>Waits for a place to compute. Only for holders of an entry: of them there are never more than may wait.</summary>
    /// <inheritdoc cref="PlaceQueue.WaitAsync"/>
    public async ValueTask<Outcome<Place>> WaitForPlaceAsync(Work work, CancellationToken cancellation)
    {
        using var stage = Telemetry.Start("queue");
        return await Places.WaitAsync(work, cancellation);
    }

    public void Dispose() => _entries.Dispose();
}
