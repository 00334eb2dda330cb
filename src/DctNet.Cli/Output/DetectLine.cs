namespace DctNet.Cli.Output;

/// <summary>A line of <c>dctnet watermark detect --json</c>.</summary>
/// <param name="File">The path as it was given.</param>
/// <param name="Found">Whether a mark was found.</param>
/// <param name="Id">16 lower-case hexadecimal digits; null when not found.</param>
/// <param name="KeyId">Name of the key; null when not found.</param>
/// <param name="Path">The step that found it, or the last one tried: direct, scale, rotation or aspect.</param>
/// <param name="FalsePositiveBound">Upper bound on the probability that a picture without a mark is taken for marked.</param>
/// <param name="Ms">Milliseconds of the detection, without reading and decoding the file.</param>
internal sealed record DetectLine(string File, bool Found, string? Id, string? KeyId, string Path, double FalsePositiveBound, double Ms);
