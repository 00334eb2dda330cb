using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DctNet.Service.Hosting;

/// <summary>Ready from the end of the warm-up to the beginning of the drain.</summary>
internal sealed class Readiness : IHealthCheck
{
    private volatile bool _warm;
    private volatile bool _draining;

    public void WarmedUp() => _warm = true;

    public void Drain() => _draining = true;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult((_warm, _draining) switch
        {
            (_, true) => HealthCheckResult.Unhealthy("draining"),
            (false, _) => HealthCheckResult.Unhealthy("warming up"),
            _ => HealthCheckResult.Healthy(),
        });
}
