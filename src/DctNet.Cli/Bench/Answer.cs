namespace DctNet.Cli.Bench;

/// <summary>What a target answered.</summary>
/// <param name="End">What became of the picture.</param>
/// <param name="Queue">Time that it waited for a place in the server, by the server's clock; null where the server does not say.</param>
/// <param name="Compute">Time in work, likewise.</param>
/// <param name="Error">Where no cartoon came: why.</param>
internal readonly record struct Answer(AttemptEnd End, TimeSpan? Queue = null, TimeSpan? Compute = null, string? Error = null);
