namespace DctNet.Client;

/// <summary>A request field that was refused.</summary>
/// <param name="Field">The field in proto spelling, such as <c>options.quality</c>.</param>
/// <param name="Description">What is wrong with it.</param>
public sealed record FieldViolation(string Field, string Description);
