using System.Data.Common;
using DctNet.Service.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Ledger;

/// <summary>Deletes what is older than it may be: at the start, and every hour.</summary>
internal sealed class RetentionSweep(LedgerDatabase database, LedgerOptions options, TimeProvider time, ILogger<RetentionSweep> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    private readonly LedgerMaintenance _maintenance = new(database);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        do
        {
            try
            {
                var before = time.GetUtcNow() - TimeSpan.FromDays(options.RetentionDays);
                var count = await _maintenance.SweepAsync(before, stoppingToken);
                if (count > 0)
                {
                    logger.LedgerSwept(count, options.RetentionDays);
                }
            }
            catch (DbException exception)
            {
                logger.LedgerSweepFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
