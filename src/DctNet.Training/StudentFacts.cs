using System.Diagnostics.CodeAnalysis;
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

    public static bool TryParse(IReadOnlyDictionary<string, string> metadata, [NotNullWhen(true)] out StudentFacts? facts)
    {
        facts = metadata.TryGetValue("styles", out var styles) && metadata.TryGetValue("families", out var families)
            && metadata.TryGetValue("step", out var step) && metadata.TryGetValue("contrasts", out var contrasts)
            ? new StudentFacts(
                styles.Split(Separator),
                [.. families.Split(Separator).Select(family => int.Parse(family, CultureInfo.InvariantCulture))],
                long.Parse(step, CultureInfo.InvariantCulture),
                [.. contrasts.Split(Separator, StringSplitOptions.RemoveEmptyEntries).Select(StyleContrast.Parse)])
            : null;
        return facts is not null;
    }
}
