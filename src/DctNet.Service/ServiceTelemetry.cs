using System.Diagnostics.Metrics;
using System.Text.Json;
using Grpc.Core;

namespace DctNet.Service;

/// <summary>What the service measures of its calls, by OpenTelemetry's conventions for RPC; grpc-dotnet has no server metrics of its own.</summary>
internal sealed class ServiceTelemetry
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "DctNet.Service";

    private readonly Histogram<double> _callDuration;

    public ServiceTelemetry(IMeterFactory meters) => _callDuration = meters.Create(MeterName)
        .CreateHistogram<double>("rpc.server.call.duration", "s", "Duration of calls, by method, status and reason.");

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
}
