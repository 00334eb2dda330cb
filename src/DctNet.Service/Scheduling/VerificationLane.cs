using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using DctNet.Core;
using DctNet.Service.Options;
using Microsoft.AspNetCore.Http;

namespace DctNet.Service.Scheduling;

/// <summary>Admission of whoever asks where pictures come from: bounds of its own, and only so often.</summary>
internal sealed class VerificationLane : IDisposable
{
    private static readonly Failure s_tooOften = new(FailureCode.QuotaExceeded, "You ask more often than this server answers; try again later.");

    private readonly Admission _admission;
    private readonly PartitionedRateLimiter<HttpContext> _rate;

    public VerificationLane(LimitOptions limits, TimeProvider time)
    {
        // A tenant's share is of the pictures it has made; questions have their own rate.
        var shared = limits with { MaxTenantRequests = 0, TenantPicturesPerSecond = 0 };
        _admission = new Admission(limits.EffectiveVerifications, limits.MaxQueuedVerifications, shared, time);
        _rate = PartitionedRateLimiter.Create<HttpContext, (string Tenant, IPAddress? Address)>(context =>
        {
            var caller = (Caller.Of(context).Tenant, Address: Network(context.Connection.RemoteIpAddress));
            return caller.Address is null || limits.VerificationsPerMinute == 0
                ? RateLimitPartition.GetNoLimiter(caller)
                : RateLimitPartition.GetTokenBucketLimiter(caller, _ => Bucket(limits.VerificationsPerMinute));
        });
    }

    /// <summary>Takes an entry or says why not.</summary>
    public Outcome<Admission.Leases> Enter(HttpContext context)
    {
        using var turn = _rate.AttemptAcquire(context);
        return turn.IsAcquired ? _admission.Enter(Caller.Of(context).Tenant) : s_tooOften;
    }

    /// <inheritdoc cref="Admission.WaitForPlaceAsync"/>
    public ValueTask<Outcome<Place>> WaitForPlaceAsync(Work work, CancellationToken cancellation) =>
        _admission.WaitForPlaceAsync(work, cancellation);

    public void Dispose()
    {
        _rate.Dispose();
        _admission.Dispose();
    }

    /// <summary>What is limited for an address: IPv4 as it is, IPv6 by its /64, since one subscriber usually has all of a /64.</summary>
    private static IPAddress? Network(IPAddress? address)
    {
        if (address is null or { AddressFamily: AddressFamily.InterNetwork })
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(bytes.Length / 2).Clear();
        return new IPAddress(bytes);
    }

    private static TokenBucketRateLimiterOptions Bucket(int perMinute) => new()
    {
        TokenLimit = perMinute,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
        QueueLimit = 0,
    };
}
