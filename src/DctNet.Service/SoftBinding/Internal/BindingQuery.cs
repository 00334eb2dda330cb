namespace DctNet.Service.SoftBinding;

/// <summary>A question by a soft binding; its parts may be missing in what came.</summary>
/// <param name="Alg">Name of the algorithm.</param>
/// <param name="Value">The binding, base64.</param>
internal sealed record BindingQuery(string? Alg, string? Value);
