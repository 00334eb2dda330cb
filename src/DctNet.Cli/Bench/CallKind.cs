namespace DctNet.Cli.Bench;

/// <summary>How pictures are sent to the service.</summary>
internal enum CallKind
{
    /// <summary>A stream for each picture.</summary>
    Streaming,

    /// <summary>One message each way.</summary>
    Unary,

    /// <summary>All pictures of a run on one bulk stream.</summary>
    Bulk,
}
