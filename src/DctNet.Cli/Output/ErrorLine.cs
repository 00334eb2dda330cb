namespace DctNet.Cli.Output;

/// <summary>The line of a file that could not be examined.</summary>
/// <param name="File">The path as it was given.</param>
/// <param name="Error">What is wrong.</param>
internal sealed record ErrorLine(string File, ErrorLine.Problem Error)
{
    /// <param name="Reason">Stable, in upper snake case; null where there is none.</param>
    /// <param name="Message">For a person.</param>
    internal sealed record Problem(string? Reason, string Message);
}
