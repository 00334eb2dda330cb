using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>
/// A call that did not succeed: refused by the server, lost on the way, or answered with something else than promised. Cancellation by the
/// caller is an <see cref="OperationCanceledException"/>; errors of the caller's own streams come as they are.
/// </summary>
public sealed class DctNetException : Exception
{
    internal DctNetException(StatusCode statusCode, string reason, string message)
        : base(message)
        => (StatusCode, Reason, FieldViolations) = (statusCode, reason, []);

    private DctNetException(RpcException cause, string reason, IReadOnlyList<FieldViolation> violations, TimeSpan? retryAfter)
        : base(Describe(cause), cause)
        => (StatusCode, Reason, FieldViolations, RetryAfter) = (cause.StatusCode, reason, violations, retryAfter);

    /// <summary>The gRPC status.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// The stable reason of the error, in upper snake case: the server's (<c>UNSUPPORTED_FORMAT</c>, <c>OVERLOADED</c>, ...; the contract
    /// lists them), or this client's <c>CHECKSUM_MISMATCH</c> or <c>INVALID_ANSWER</c>. Empty where none was given, as when no server
    /// answered.
    /// </summary>
    public string Reason { get; }

    /// <summary>The request fields at fault.</summary>
    public IReadOnlyList<FieldViolation> FieldViolations { get; }

    /// <summary>When to come back, where the server says so.</summary>
    public TimeSpan? RetryAfter { get; }

    // The one place where gRPC's errors become this client's. Details that cannot be parsed are as good as none: the status still stands.
    internal static DctNetException From(RpcException error)
    {
        var status = error.Trailers.GetRpcStatus(ignoreParseError: true);
        var reason = "";
        TimeSpan? retryAfter = null;
        List<FieldViolation> violations = [];
        foreach (var detail in status?.Details ?? [])
        {
            try
            {
                if (detail.TryUnpack(out ErrorInfo info))
                {
                    reason = info.Reason;
                }
                else if (detail.TryUnpack(out RetryInfo retry))
                {
                    retryAfter = retry.RetryDelay?.ToTimeSpan();
                }
                else if (detail.TryUnpack(out BadRequest bad))
                {
                    violations.AddRange(bad.FieldViolations.Select(v => new FieldViolation(v.Field, v.Description)));
                }
            }
            catch (InvalidProtocolBufferException)
            {
                continue;
            }
        }

        return new DctNetException(error, reason, violations, retryAfter);
    }

    // Where no server answered, the reason (connection refused, name not known) is not in the status but beside it.
    private static string Describe(RpcException error)
    {
        var detail = string.IsNullOrEmpty(error.Status.Detail) ? error.StatusCode.ToString() : error.Status.Detail;
        return error.Status.DebugException is { } cause && !detail.Contains(cause.Message, StringComparison.Ordinal)
            ? $"{detail} {cause.Message}"
            : detail;
    }
}
