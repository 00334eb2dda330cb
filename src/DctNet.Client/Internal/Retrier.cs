using Grpc.Core;

namespace DctNet.Client;

/// <summary>
/// Runs a call until it succeeds, fails for good or runs out of attempts or time. Waits grow exponentially with full jitter: uniform
/// between zero and the ceiling, so that callers cut off together do not come back together (M. Brooker, "Exponential Backoff And
/// Jitter", AWS Architecture Blog, 2015).
/// </summary>
internal sealed class Retrier(DctNetClientOptions options)
{
    /// <param name="attempt">One attempt, given the deadline of all of them.</param>
    /// <param name="canRestart">Whether another attempt can be made from the beginning.</param>
    /// <param name="cancellationToken">Ends the attempt or the wait.</param>
    public async Task<T> RunAsync<T>(Func<DateTime?, Task<T>> attempt, Func<bool> canRestart, CancellationToken cancellationToken)
    {
        DateTime? deadline = options.Deadline == Timeout.InfiniteTimeSpan
            ? null
            : options.TimeProvider.GetUtcNow().UtcDateTime + options.Deadline;

        var spared = 0;
        for (var failures = 1; ; failures++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan wait;
            try
            {
                return await attempt(deadline);
            }
            catch (RpcException e) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The call was cancelled.", e, cancellationToken);
            }
            catch (RpcException e)
            {
                var error = DctNetException.From(e);
                wait = (error.RetryAfter ?? TimeSpan.Zero) + Backoff(failures);
                if (error.StatusCode == StatusCode.ResourceExhausted && spared < options.ExtraOverloadAttempts)
                {
                    spared++;
                }

                if (failures - spared >= options.MaxAttempts || !IsTransient(error) || !canRestart()
                    || options.TimeProvider.GetUtcNow().UtcDateTime + wait >= deadline)
                {
                    throw error;
                }
            }

            await Task.Delay(wait, options.TimeProvider, cancellationToken);
        }
    }

    private bool IsTransient(DctNetException error) => error.StatusCode switch
    {
        StatusCode.Unavailable => true,
        StatusCode.ResourceExhausted => options.RetryWhenOverloaded && error.RetryAfter is not null,
        _ => false,
    };

    /// <summary>How long to wait after so many failures, the first being 1. Not a secret: jitter only spreads load.</summary>
#pragma warning disable CA5394
    public TimeSpan Backoff(int failures)
    {
        var ceiling = Math.Min(options.InitialBackoff.Ticks * Math.Pow(2, failures - 1), options.MaxBackoff.Ticks);
        return TimeSpan.FromTicks((long)(Random.Shared.NextDouble() * ceiling));
    }
#pragma warning restore CA5394
}
