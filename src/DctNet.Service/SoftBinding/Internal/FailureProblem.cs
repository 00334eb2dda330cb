using DctNet.Core;
using Microsoft.AspNetCore.Http;

namespace DctNet.Service.SoftBinding;

/// <summary>The one place where a failure becomes an HTTP status, as <see cref="Wire.FailureStatus"/> is for gRPC.</summary>
internal static class FailureProblem
{
    public static Task WriteAsync(HttpResponse response, Failure failure)
    {
        response.StatusCode = Status(failure.Code);
        if (response.StatusCode is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = "1";
        }

        var problem = new Problem(failure.Code.Reason(), response.StatusCode, failure.Message);
        return response.WriteAsJsonAsync(problem, SoftBindingJson.Default.Problem, "application/problem+json");
    }

    public static int Status(FailureCode code) => code switch
    {
        FailureCode.EmptyInput or FailureCode.CorruptImage or FailureCode.AnimatedImage or FailureCode.ImageTooSmall
            or FailureCode.ChecksumMismatch or FailureCode.ProtocolViolation or FailureCode.UnknownStyle or FailureCode.InvalidOption => StatusCodes.Status400BadRequest,
        FailureCode.UploadStalled or FailureCode.DownloadStalled => StatusCodes.Status408RequestTimeout,
        FailureCode.UploadTooLarge or FailureCode.ImageTooLarge => StatusCodes.Status413PayloadTooLarge,
        FailureCode.UnsupportedFormat => StatusCodes.Status415UnsupportedMediaType,
        FailureCode.Overloaded or FailureCode.QuotaExceeded => StatusCodes.Status429TooManyRequests,
        FailureCode.LedgerUnavailable or FailureCode.SigningUnavailable or FailureCode.Stopping => StatusCodes.Status503ServiceUnavailable,
        FailureCode.Internal => StatusCodes.Status500InternalServerError,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "A failure code without an HTTP status."),
    };
}
