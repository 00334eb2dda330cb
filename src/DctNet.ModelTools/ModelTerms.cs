namespace DctNet.ModelTools;

/// <summary>What a catalog says about weights that come from elsewhere.</summary>
/// <param name="Licence">SPDX identifier, or a pointer to the terms.</param>
/// <param name="Origin">Where they come from, one sentence.</param>
public sealed record ModelTerms(string Licence, string Origin)
{
    /// <summary>Of a file that somebody names on the command line.</summary>
    public static ModelTerms OfFile(string fileName) => new("see origin", $"The file {fileName}, imported by this machine's user.");
}
