namespace DctNet.Service.SoftBinding;

/// <summary>A problem document (RFC 9457).</summary>
/// <param name="Title">The stable name of what is wrong, as in gRPC's ErrorInfo.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">For a person.</param>
internal sealed record Problem(string Title, int Status, string Detail);
