namespace DctNet.C2pa.Verification;

/// <summary>The outcome of one check.</summary>
/// <param name="Code">One of <see cref="StatusCodes"/>.</param>
/// <param name="Kind">What it means.</param>
/// <param name="Url">JUMBF URI of the box that was checked.</param>
/// <param name="Explanation">A sentence for people, where the code does not say enough.</param>
public sealed record ValidationStatus(string Code, StatusKind Kind, string Url, string? Explanation = null)
{
    /// <summary>
    /// Of an ingredient's manifest: URI of the ingredient assertion. Such statuses are reported only where the assertion does not itself
    /// record them (C2PA's ingredient deltas).
    /// </summary>
    public string? IngredientUrl { get; init; }

    /// <summary>True where it is about an ingredient's manifest and not the file's own.</summary>
    public bool OfIngredient => IngredientUrl is not null;
}
