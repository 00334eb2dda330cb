namespace DctNet.Cli.Output;

/// <summary>A line of <c>dctnet watermark attack</c>.</summary>
/// <param name="File">The path as it was given.</param>
/// <param name="Attack">What was done to it.</param>
/// <param name="Out">The edited picture.</param>
internal sealed record AttackLine(string File, string Attack, string Out);
