using System.Diagnostics;
using DctNet.Core.Pipeline;
using DctNet.Service.Bulk;
using DctNet.Service.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Hosting;

/// <summary>
/// Start: warm up behind open ports, with readiness waiting. Stop: say NOT_SERVING, hold, then let the host finish what runs.
/// </summary>
internal sealed class Lifecycle(
    CartoonPipeline pipeline,
    Readiness readiness,
    BulkSessions bulk,
    DrainOptions drain,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<Lifecycle> logger) : IHostedLifecycleService
{
    private Task _warmup = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _warmup = Task.Run(WarmUp, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        readiness.Drain();
        if (drain.HoldSeconds > 0)
        {
            logger.Draining(drain.HoldSeconds);
            await Task.Delay(TimeSpan.FromSeconds(drain.HoldSeconds), time, cancellationToken);
        }

        // They would last for as long as their callers have pictures; what they hold stays in the spool.
        bulk.Stop();
    }

    public Task StopAsync(CancellationToken cancellationToken) => _warmup.WaitAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void WarmUp()
    {
        try
        {
            var start = Stopwatch.GetTimestamp();
            pipeline.WarmUp(lifetime.ApplicationStopping);
            readiness.WarmedUp();
            logger.WarmedUp(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped before it was warm: nothing to report.
        }
        catch (Exception exception)
        {
            logger.WarmupFailed(exception);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }
}
