using System.Diagnostics;
using System.Runtime.InteropServices;
using DctNet.Core.Cartoon;
using DctNet.Service.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Hosting;

/// <summary>
/// Exchanges the models while the server runs: at SIGHUP, and, where configured, when their files have changed. Bad ones are reported
/// once and the old ones stay.
/// </summary>
internal sealed class ModelReloader(ModelHost models, ModelOptions options, TimeProvider time, ILogger<ModelReloader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _ = Task.Run(() => Reload(evenIfUnchanged: true, stoppingToken), stoppingToken);
        });
        if (options.ReloadSeconds == 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken);
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ReloadSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Reload(evenIfUnchanged: false, stoppingToken);
        }
    }

    private void Reload(bool evenIfUnchanged, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            if (!models.Reload(evenIfUnchanged, cancellation).TryGet(out var exchanged, out var failure))
            {
                logger.ModelsRefused(failure.Message);
            }
            else if (exchanged)
            {
                var labels = string.Join(", ", models.Catalog.Networks.Select(network => network.Label));
                logger.ModelsExchanged(labels, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server stops.
        }
#pragma warning disable CA1031 // Whatever new files hold, the old models go on serving.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.ModelsRefused(exception.Message);
        }
    }
}
