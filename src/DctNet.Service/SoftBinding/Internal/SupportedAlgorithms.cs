namespace DctNet.Service.SoftBinding;

/// <summary>What can be asked by.</summary>
/// <param name="Watermarks">Algorithms that find a mark in the pixels.</param>
/// <param name="Fingerprints">Algorithms that compare how pictures look.</param>
internal sealed record SupportedAlgorithms(IReadOnlyList<AlgorithmName> Watermarks, IReadOnlyList<AlgorithmName> Fingerprints);
