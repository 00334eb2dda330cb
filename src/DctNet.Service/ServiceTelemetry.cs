using System.Diagnostics.Metrics;
using System.Text.Json;
using DctNet.Service.Scheduling;
using Grpc.Core;

namespace DctNet.Service;

/// <summary>What the service measures of its calls, by OpenTelemetry's conventions for RPC; grpc-dotnet has no server metrics of its own.</summary>
internal sealed class ServiceTelemetry
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "DctNet.Service";

    // The SDK's own buckets are for milliseconds.
    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    private readonly Meter _meter;
    private readonly Histogram<double> _callDuration;
    private readonly Histogram<double> _ledgerCommitDuration;
    private readonly Counter<long> _ledgerRecords;

    public ServiceTelemetry(IMeterFactory meters, Admission admission)
    {
        _meter = meters.Create(MeterName);
        _callDuration = _meter.CreateHistogram<double>("rpc.server.call.duration", "s", "Duration of calls, by method, status and reason.", null, s_seconds);
        _meter.CreateObservableUpDownCounter("dctnet.requests.inside", () => admission.Entries, "{request}", "Requests that upload, wait or are in work.");
        _meter.CreateObservableUpDownCounter("dctnet.places.taken", () => admission.Places.Taken, "{picture}", "Pictures in work.");
        _meter.CreateObservableUpDownCounter("dctnet.queue.waiting", () => Waiting(admission.Places), "{picture}", "Pictures that wait for a place, by lane.");
        _ledgerCommitDuration = _meter.CreateHistogram<double>("dctnet.ledger.commit.duration", "s", "Duration of the ledger's transactions.", null, s_seconds);
        _ledgerRecords = _meter.CreateCounter<long>("dctnet.ledger.records", "{record}", "Records committed to the ledger.");
    }

    /// <summary>Gauges of the bulk sessions, asked when metrics are read.</summary>
    public void ObserveBulk(Func<long> sessions, Func<long> spoolBytes)
    {
        _meter.CreateObservableUpDownCounter("dctnet.bulk.sessions", sessions, "{session}", "Bulk sessions held.");
        _meter.CreateObservableUpDownCounter("dctnet.bulk.spool.usage", spoolBytes, "By", "Bytes of the spool in use.");
    }

    /// <param name="method">As in the request's path, <c>/dctnet.v1.CartoonService/Cartoonize</c>.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="reason">ErrorInfo's reason, or null where there is none.</param>
    /// <param name="duration">From the first byte of the request to the last of the answer.</param>
    public void CallEnded(string method, StatusCode status, string? reason, TimeSpan duration)
    {
        var code = JsonNamingPolicy.SnakeCaseUpper.ConvertName(status.ToString());
        _callDuration.Record(
            duration.TotalSeconds,
            new("rpc.system.name", "grpc"),
            new("rpc.method", method.TrimStart('/')),
            new("rpc.response.status_code", status == StatusCode.OK ? "OK" : code),
            new("error.type", status == StatusCode.OK ? null : reason ?? code));
    }

    private static IEnumerable<Measurement<int>> Waiting(PlaceQueue places) =>
    [
        new(places.Waiting(Lane.Interactive), new KeyValuePair<string, object?>("dctnet.lane", "interactive")),
        new(places.Waiting(Lane.Bulk), new KeyValuePair<string, object?>("dctnet.lane", "bulk")),
    ];

    public void LedgerCommitted(int records, TimeSpan duration)
    {
        _ledgerRecords.Add(records);
        _ledgerCommitDuration.Record(duration.TotalSeconds);
    }
}
