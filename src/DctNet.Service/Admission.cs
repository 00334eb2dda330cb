using System.Threading.RateLimiting;
using DctNet.Core;
using DctNet.Service.Options;

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
    private readonly ConcurrencyLimiter _places;

    public Admission(LimitOptions limits)
    {
        _maxEntries = limits.EffectiveConcurrency + limits.MaxQueuedRequests;
        _entries = new(new() { PermitLimit = _maxEntries, QueueLimit = 0 });
        _places = new(new() { PermitLimit = limits.EffectiveConcurrency, QueueLimit = _maxEntries });
    }

    /// <summary>Entries taken now.</summary>
    public int Entries => _maxEntries - (int)_entries.GetStatistics()!.CurrentAvailablePermits;

    /// <summary>Takes an entry or says why not.</summary>
    public Outcome<RateLimitLease> Enter()
    {
        var lease = _entries.AttemptAcquire();
        return lease.IsAcquired
            ? lease
            : s_overloaded;
    }

    /// <summary>Waits for a place to compute. Only for holders of an entry, of which there are never more than fit in line.</summary>
    /// <exception cref="OperationCanceledException">The caller went away while waiting.</exception>
    public async ValueTask<Outcome<RateLimitLease>> WaitForPlaceAsync(CancellationToken cancellation)
    {
        var lease = await _places.AcquireAsync(1, cancellation);
        return lease.IsAcquired ? lease : s_overloaded;
    }

    public void Dispose()
    {
        _entries.Dispose();
        _places.Dispose();
    }
}
