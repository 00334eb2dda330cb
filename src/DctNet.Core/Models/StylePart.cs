namespace DctNet.Core.Models;

/// <summary>What one network contributes to a picture.</summary>
/// <param name="Network">The network.</param>
/// <param name="Share">The weight of its output in the result; the shares of a selection add up to 1.</param>
/// <param name="Weights">Its style vector: one weight for each of its styles, adding up to 1.</param>
public sealed record StylePart(StylizerNetwork Network, float Share, IReadOnlyList<float> Weights);
