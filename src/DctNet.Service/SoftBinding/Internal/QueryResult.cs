namespace DctNet.Service.SoftBinding;

/// <summary>The answer to a question.</summary>
/// <param name="Matches">Manifests that are bound to what was asked by.</param>
internal sealed record QueryResult(IReadOnlyList<Match> Matches);
