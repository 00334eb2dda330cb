using DctNet.Core;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace DctNet.Service.Wire;

/// <summary>The one place where a failure becomes a gRPC status.</summary>
internal static class FailureStatus
{
    /// <summary>Domain of every ErrorInfo; the reason is the failure's code in upper snake case.</summary>
    public const string Domain = "dctnet.dev";

    // A picture takes about a second on two cores, so a place is likely to be free again after one.
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The value, or the failure as the exception that grpc-dotnet turns into the call's status.</summary>
    public static T OrThrow<T>(this Outcome<T> outcome)
        where T : notnull =>
        outcome.TryGet(out var value, out var failure) ? value : throw ToRpcException(failure);

    public static void ThrowIfAny(this Failure? failure)
    {
        if (failure is not null)
        {
            throw ToRpcException(failure);
        }
    }

    public static RpcException ToRpcException(Failure failure) => ToStatus(failure).ToRpcException();

    public static Status ToStatus(Failure failure)
    {
        var code = failure.Code switch
        {
            FailureCode.EmptyInput or FailureCode.UnsupportedFormat or FailureCode.CorruptImage or FailureCode.AnimatedImage
                or FailureCode.UploadTooLarge or FailureCode.ImageTooLarge or FailureCode.ImageTooSmall or FailureCode.ProtocolViolation
                or FailureCode.UnknownStyle or FailureCode.InvalidOption => Code.InvalidArgument,
            FailureCode.UploadStalled or FailureCode.DownloadStalled => Code.DeadlineExceeded,
            FailureCode.Overloaded or FailureCode.QuotaExceeded => Code.ResourceExhausted,
            FailureCode.SigningUnavailable or FailureCode.LedgerUnavailable or FailureCode.Stopping => Code.Unavailable,
            FailureCode.ChecksumMismatch => Code.DataLoss,
            FailureCode.Internal => Code.Internal,
            _ => throw new ArgumentOutOfRangeException(nameof(failure), failure.Code, "A failure code without a gRPC status."),
        };
        var reason = failure.Code.Reason();
        var status = new Status { Code = (int)code, Message = failure.Message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Reason = reason }));
        if (code == Code.InvalidArgument)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = failure.Field ?? "image", Description = failure.Message, Reason = reason };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }

        if (code == Code.ResourceExhausted)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(s_retryDelay) }));
        }

        return status;
    }
}
