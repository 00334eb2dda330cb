namespace DctNet.Core.Models;

/// <summary>Names of a stylizer's inputs; a network of one style has no style input.</summary>
internal sealed record NetworkInputDocument
{
    public required string Image { get; init; }

    public string? Style { get; init; }
}
