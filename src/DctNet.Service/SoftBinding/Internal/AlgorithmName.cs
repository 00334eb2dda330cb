namespace DctNet.Service.SoftBinding;

/// <summary>An algorithm.</summary>
/// <param name="Alg">Name of the algorithm.</param>
internal sealed record AlgorithmName(string Alg);
