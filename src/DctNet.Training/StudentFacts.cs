using System.Globalization;

namespace DctNet.Training;

/// <summary>What an exported network says of itself in its metadata, enough to go on training from it.</summary>
/// <param name="Styles">Names, in the order of the style vector.</param>
/// <param name="Families">For each style the number of its family.</param>
/// <param name="Step">Steps of training.</param>
/// <param name="Contrasts">What was added to styles at export; training goes on without.</param>
internal sealed record StudentFacts(
    IReadOnlyList<string> Styles, IReadOnlyList<int> Families, long Step, IReadOnlyList<StyleContrast> Contrasts)
{
    private const char Separator = ',';

    public Dictionary<string, string> ToMetadata() => new()
    {
        ["styles"] = string.Join(Separator, Styles),
        ["families"] = string.Join(Separator, Families),
        ["step"] = Step.ToString(CultureInfo.InvariantCulture),
        ["contrasts"] = string.Join(Separator, Contrasts),
    };

    /// <exception cref="KeyNotFoundException">It was not exported by this version.</exception>
    public static StudentFacts Parse(IReadOnlyDictionary<string, string> metadata) => new(
        metadata["styles"].Split(Separator),
        [.. metadata["families"].Split(Separator).Select(family => int.Parse(family, CultureInfo.InvariantCulture))],
        long.Parse(metadata["step"], CultureInfo.InvariantCulture),
        [.. metadata["contrasts"].Split(Separator, StringSplitOptions.RemoveEmptyEntries).Select(StyleContrast.Parse)]);
}
