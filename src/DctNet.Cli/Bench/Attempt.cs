namespace DctNet.Cli.Bench;

/// <summary>How one picture fared. Milliseconds.</summary>
/// <param name="End">What became of it.</param>
/// <param name="Latency">From when it was due to the last byte of its answer.</param>
/// <param name="Queue">Of that, waiting for a place in the server, by the server's clock; null where it does not say.</param>
/// <param name="Compute">Of that, in work, likewise.</param>
internal readonly record struct Attempt(AttemptEnd End, double Latency, double? Queue, double? Compute);

/// <summary>What became of a picture.</summary>
internal enum AttemptEnd
{
    /// <summary>The cartoon came, in time.</summary>
    Ok,

    /// <summary>RESOURCE_EXHAUSTED with a time to come back; of an HTTP server 429 or 503.</summary>
    Refused,

    /// <summary>The deadline passed.</summary>
    Late,

    /// <summary>Anything else, a refusal without a time to come back included.</summary>
    Failed,
}
