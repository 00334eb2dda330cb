using System.Text.Json;

namespace DctNet.Core;

public static class FailureCodeExtensions
{
    /// <summary>The code's stable public spelling, as <c>UNSUPPORTED_FORMAT</c>: in ErrorInfo, in metrics, in the command line's JSON.</summary>
    public static string Reason(this FailureCode code) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(code.ToString());
}
