namespace DctNet.Cli.Output;

/// <summary>A line of <c>dctnet cartoonize --report</c>.</summary>
/// <param name="Input">The path as it was given or found.</param>
/// <param name="State">done, kept (a result of the run that was resumed) or failed.</param>
/// <param name="Output">The cartoon's path; null where it failed.</param>
/// <param name="Id">Its watermark id; null where it failed.</param>
/// <param name="Embedded">Whether the cartoon carries it; null where it failed, or where an earlier version made it.</param>
/// <param name="Error">Null unless it failed.</param>
internal sealed record ReportLine(string Input, string State, string? Output, string? Id, bool? Embedded, ErrorLine.Problem? Error);
