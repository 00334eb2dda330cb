using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DctNet.Core.Diagnostics;

/// <summary>
/// The spans and instruments of the pipeline. Names follow OpenTelemetry's conventions: dotted, seconds, bytes. Static because a source
/// and a meter are only names: who listens decides what is recorded.
/// </summary>
public static class Telemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string SourceName = "DctNet";

    /// <summary>The caller's tenant: set on a request's span, and by that on every span below it.</summary>
    public const string TenantTag = "dctnet.tenant";

    // Stages take 1 ms (a probe) to tens of seconds (a large picture on one core).
    private static readonly InstrumentAdvice<double> s_stageSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static readonly Meter s_meter = new(SourceName);

    private static readonly Histogram<double> s_stageDuration =
        s_meter.CreateHistogram("dctnet.stage.duration", "s", "Time in one stage of the pipeline.", null, s_stageSeconds);

    // As the largest batch is 8 by default, and up to 256 if somebody wants that.
    private static readonly InstrumentAdvice<int> s_batchSizes = new() { HistogramBucketBoundaries = [1, 2, 3, 4, 6, 8, 16, 32, 64, 128, 256] };

    private static readonly Histogram<int> s_batchSize =
        s_meter.CreateHistogram("dctnet.batch.size", "{picture}", "Pictures in a network run, where runs are batched.", null, s_batchSizes);

    private static readonly Histogram<double> s_batchQueue = s_meter.CreateHistogram(
        "dctnet.batch.queue.duration", "s", "How long pictures waited for their batch to start.", null, s_stageSeconds);

    private static readonly Counter<long> s_pictures =
        s_meter.CreateCounter<long>("dctnet.pictures", "{picture}", "Pictures that ended, by style and outcome.");

    private static readonly Counter<long> s_bytes =
        s_meter.CreateCounter<long>("dctnet.picture.io", "By", "Bytes of picture files taken in and given out.");

    private static readonly UpDownCounter<long> s_inFlight =
        s_meter.CreateUpDownCounter<long>("dctnet.pictures.in_flight", "{picture}", "Pictures in the pipeline now.");

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>Starts a span; when it ends, its duration is recorded under the same name.</summary>
    public static Stage Start(string name) => new(name);

    /// <summary>Starts the span of a network run for several callers: a trace of its own, with a link to each of theirs.</summary>
    /// <param name="callers">One for each picture; null where nobody traces it.</param>
    /// <param name="waits">How long each picture waited.</param>
    internal static Activity? StartBatch(IEnumerable<ActivityContext?> callers, IEnumerable<TimeSpan> waits)
    {
        var size = 0;
        foreach (var wait in waits)
        {
            size++;
            s_batchQueue.Record(wait.TotalSeconds);
        }

        s_batchSize.Record(size);
        var links = callers.OfType<ActivityContext>().Distinct().Select(caller => new ActivityLink(caller));
        return Source.StartActivity("batch", ActivityKind.Internal, parentContext: default, links: links)?.SetTag("dctnet.batch.size", size);
    }

    /// <summary>Runs one stage inside its span.</summary>
    internal static T Measure<T>(string stage, Func<T> work) => Measure(stage, work, static _ => null);

    /// <summary>Runs one stage that may refuse the picture; then the span has the refusal as its status.</summary>
    internal static Outcome<T> Measure<T>(string stage, Func<Outcome<T>> work)
        where T : notnull => Measure(stage, work, static outcome => outcome.Failure);

    private static T Measure<T>(string stage, Func<T> work, Func<T, Failure?> failure)
    {
        using var span = Start(stage);
        try
        {
            var result = work();
            if (failure(result) is { } refused)
            {
                span.Fail(refused.Code.Reason());
            }

            return result;
        }
        catch (Exception exception)
        {
            span.Fail(exception is OperationCanceledException ? "CANCELLED" : FailureCode.Internal.Reason());
            throw;
        }
    }

    /// <summary>Counts a picture in, and out again when disposed.</summary>
    internal static Picture StartPicture(long bytesIn)
    {
        s_inFlight.Add(1);
        s_bytes.Add(bytesIn, new KeyValuePair<string, object?>("direction", "in"));
        return new Picture();
    }

    public readonly struct Stage(string name) : IDisposable
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        /// <summary>Null where nobody listens.</summary>
        internal Activity? Activity { get; } = StartActivity(name);

        /// <param name="reason">The <c>error.type</c> of OpenTelemetry.</param>
        internal void Fail(string reason) => Activity?.SetTag("error.type", reason).SetStatus(ActivityStatusCode.Error);

        public void Dispose()
        {
            Activity?.Dispose();
            s_stageDuration.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds, new KeyValuePair<string, object?>("stage", name));
        }

        private static Activity? StartActivity(string name)
        {
            var activity = Source.StartActivity(name);
            return activity?.SetTag(TenantTag, activity.Parent?.GetTagItem(TenantTag));
        }
    }

    /// <summary>One picture's line in the counters: a fault of ours unless somebody says otherwise.</summary>
    internal sealed class Picture : IDisposable
    {
        private string _outcome = FailureCode.Internal.Reason();

        /// <summary>A catalog style, "mixture" or "unknown": callers' own text would make a series each.</summary>
        public string Style { get; set; } = "unknown";

        public Failure Refused(Failure failure)
        {
            _outcome = failure.Code.Reason();
            return failure;
        }

        public void Cancelled() => _outcome = "CANCELLED";

        public void Done(long bytesOut)
        {
            _outcome = "OK";
            s_bytes.Add(bytesOut, new KeyValuePair<string, object?>("direction", "out"));
        }

        public void Dispose()
        {
            s_inFlight.Add(-1);
            s_pictures.Add(1, new("style", Style), new("outcome", _outcome));
        }
    }
}
