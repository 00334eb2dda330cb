namespace DctNet.Core.Models;

/// <summary>A style that callers can name.</summary>
/// <param name="Name">Lower-case letters, digits and hyphens.</param>
/// <param name="Network">The network that draws it.</param>
/// <param name="Weights">One weight for each of the network's styles, in their order, adding up to 1.</param>
/// <param name="Description">One sentence for people.</param>
public sealed record CatalogStyle(string Name, StylizerNetwork Network, IReadOnlyList<float> Weights, string Description);
