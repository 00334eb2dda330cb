using System.Buffers;
using System.Diagnostics;
using DctNet.Core;
using DctNet.Core.Pipeline;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Wire;
using DctNet.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Bulk;

/// <summary>
/// Draws what is spooled, as many items at a time as the server has places, and deletes what nobody fetches. Items in work when the
/// server stops stay spooled.
/// </summary>
internal sealed class BulkWorkers(
    BulkSessions sessions, CartoonPipeline pipeline, Admission admission, LimitOptions limits, TimeProvider time, ILogger<BulkWorkers> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Enumerable.Range(0, limits.EffectiveConcurrency).Select(_ => Task.Run(() => WorkAsync(stoppingToken), CancellationToken.None))
            .Append(SweepAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stopping)
    {
        while (true)
        {
            var session = await sessions.NextWithWorkAsync(stopping);
            if (session.Items.Take() is not { } item)
            {
                continue;
            }

            try
            {
                await DrawAsync(session, item, stopping);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                logger.UnhandledException(exception, nameof(BulkWorkers));
                session.Items.End(item, new Failure(FailureCode.Internal, "The server failed; its log says why."), keepsInput: true);
            }
        }
    }

    private async Task DrawAsync(BulkSession session, BulkItem item, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, item.Wanted);
        try
        {
            Outcome<(ResultHeader Header, ReadOnlySequence<byte> File)> outcome;
            using (var input = item.Input!.ReadWhole())
            {
                outcome = await DrawAsync(session, item, input.Bytes, either.Token);
            }

            if (outcome.TryGet(out var made, out var failure))
            {
                session.Keep(item, made.Header, made.File);
            }
            else
            {
                session.Items.End(item, failure, keepsInput: true);
            }
        }
        catch (Exception) when (item.Wanted.IsCancellationRequested)
        {
            // Cancelled: its files are gone already.
        }
        finally
        {
            session.Release();
        }
    }

    private async Task<Outcome<(ResultHeader Header, ReadOnlySequence<byte> File)>> DrawAsync(
        BulkSession session, BulkItem item, ReadOnlyMemory<byte> file, CancellationToken cancellation)
    {
        var request = session.RequestFor(item, file);
        var arrived = Stopwatch.GetTimestamp();
        if (!pipeline.DecodedBytes(request).TryGet(out var decodedBytes, out var failure)
            || !(await admission.WaitForPlaceAsync(new Work(Lane.Bulk, decodedBytes, DateTime.MaxValue), cancellation)).TryGet(out var place, out failure))
        {
            return failure;
        }

        using (place)
        {
            if (!session.TryBegin(item))
            {
                return new Failure(FailureCode.Internal, "The server failed at this item several times.");
            }

            var started = Stopwatch.GetTimestamp();
            try
            {
                if (!(await pipeline.RunAsync(request, place, cancellation)).TryGet(out var result, out failure))
                {
                    return failure;
                }

                return (CartoonMapping.Header(result, Stopwatch.GetElapsedTime(arrived, started), place.Computed), result.File);
            }
            catch (OperationCanceledException) when (!item.Wanted.IsCancellationRequested)
            {
                // The server stops, but not of this item.
                session.PutBack(item);
                throw;
            }
        }
    }

    private async Task SweepAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(s_sweep, time, stopping);
            sessions.Expire();
        }
    }
}
