namespace DctNet.Core;

/// <summary>Why a picture was refused, as a value: rooms return it instead of throwing at each other.</summary>
/// <param name="Code">The kind of failure.</param>
/// <param name="Message">One sentence for the caller: what is wrong and, where it helps, what would be right.</param>
/// <param name="Field">The request field at fault in proto spelling (<c>options.quality</c>), or null when it is the picture itself.</param>
public sealed record Failure(FailureCode Code, string Message, string? Field = null);
