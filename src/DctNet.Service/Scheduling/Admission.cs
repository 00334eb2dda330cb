using System.Threading.RateLimiting;
using DctNet.Core;
using DctNet.Core.Diagnostics;
using DctNet.Service.Options;

namespace DctNet.Service.Scheduling;

/// <summary>
/// Who may come in. Every request needs an entry, and is refused at once where there is none, before a byte of it is buffered; whoever has
/// an entry waits in line for a place to compute. A tenant has bounds of its own, so that one cannot take all.
/// </summary>
internal sealed class Admission : IDisposable
{
    private static readonly Failure s_overloaded = new(FailureCode.Overloaded, "The server holds as many requests as it may; try again later.");

    private static readonly Failure s_tenantBusy = new(
        FailureCode.QuotaExceeded, "This tenant has as many requests in the server as it may; try again later.");

    private static readonly Failure s_tenantFast = new(
        FailureCode.QuotaExceeded, "This tenant has sent as many pictures as it may for now; try again later.");

    private readonly int _maxEntries;
    private readonly ConcurrencyLimiter _entries;
    private readonly PartitionedRateLimiter<string>? _tenantRequests;
    private readonly PartitionedRateLimiter<string>? _tenantPictures;

    public Admission(LimitOptions limits, TimeProvider time)
        : this(limits.EffectiveConcurrency, limits.MaxQueuedRequests, limits, time)
    {
    }

    /// <param name="places">Requests that compute at the same time.</param>
    /// <param name="queue">Requests that upload or wait beyond those.</param>
    /// <param name="limits">The bounds that all lanes share.</param>
    /// <param name="time">The clock of deadlines.</param>
    internal Admission(int places, int queue, LimitOptions limits, TimeProvider time)
    {
        _maxEntries = places + queue;
        _entries = new(new() { PermitLimit = _maxEntries, QueueLimit = 0 });
        Places = new PlaceQueue(places, limits.MaxDecodedBytes, limits.InteractiveWeight, time);
        if (limits.MaxTenantRequests > 0)
        {
            _tenantRequests = PartitionedRateLimiter.Create<string, string>(tenant => RateLimitPartition.GetConcurrencyLimiter(
                tenant, _ => new() { PermitLimit = limits.MaxTenantRequests, QueueLimit = 0 }));
        }

        if (limits.TenantPicturesPerSecond > 0)
        {
            _tenantPictures = PartitionedRateLimiter.Create<string, string>(tenant => RateLimitPartition.GetTokenBucketLimiter(
                tenant,
                _ => new()
                {
                    TokensPerPeriod = limits.TenantPicturesPerSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    TokenLimit = limits.TenantPicturesPerSecond * limits.TenantBurstSeconds,
                    QueueLimit = 0,
                }));
        }
    }

    /// <summary>Entries taken now.</summary>
    public int Entries => _maxEntries - (int)_entries.GetStatistics()!.CurrentAvailablePermits;

    /// <summary>Places to compute, and who waits for them.</summary>
    public PlaceQueue Places { get; }

    /// <summary>Takes an entry for one picture of a tenant, or says why not.</summary>
    public Outcome<Leases> Enter(string tenant)
    {
        if (!EnterStream(tenant).TryGet(out var request, out var failure))
        {
            return failure;
        }

        var entry = _entries.AttemptAcquire();
        if ((entry.IsAcquired ? CountPicture(tenant) : s_overloaded) is { } refusal)
        {
            entry.Dispose();
            request.Dispose();
            return refusal;
        }

        return new Leases(request, entry);
    }

    /// <summary>Takes one of a tenant's requests for a bulk stream, whose pictures wait in the spool and need no entries.</summary>
    public Outcome<Leases> EnterStream(string tenant)
    {
        if (_tenantRequests is null)
        {
            return new Leases();
        }

        var lease = _tenantRequests.AttemptAcquire(tenant);
        return lease.IsAcquired ? new Leases(lease) : s_tenantBusy;
    }

    /// <summary>Counts a picture towards a tenant's rate; why it may not come now, or null.</summary>
    public Failure? CountPicture(string tenant) =>
        _tenantPictures is null || _tenantPictures.AttemptAcquire(tenant).IsAcquired ? null : s_tenantFast;

    /// <summary>
    /// Waits for a place to compute. Only for holders of an entry and for bulk workers: of both there are never more than may wait.
    /// </summary>
    /// <inheritdoc cref="PlaceQueue.WaitAsync"/>
    public async ValueTask<Outcome<Place>> WaitForPlaceAsync(Work work, CancellationToken cancellation)
    {
        using var stage = Telemetry.Start("queue");
        return await Places.WaitAsync(work, cancellation);
    }

    public void Dispose()
    {
        _entries.Dispose();
        _tenantRequests?.Dispose();
        _tenantPictures?.Dispose();
    }

    /// <summary>What was taken; disposing gives it back.</summary>
    public sealed class Leases(params IDisposable[] leases) : IDisposable
    {
        public void Dispose()
        {
            foreach (var lease in leases)
            {
                lease.Dispose();
            }
        }
    }
}
