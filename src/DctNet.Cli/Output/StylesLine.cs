using DctNet.V1;

namespace DctNet.Cli.Output;

/// <summary>The answer of <c>dctnet styles --json</c>.</summary>
internal sealed record StylesLine(string DefaultStyle, StylesLine.StyleEntry[] Styles)
{
    public static StylesLine From(ListStylesResponse response) => new(
        response.DefaultStyle,
        [.. response.Styles.Select(s => new StyleEntry(s.Name, s.Description, s.Model, s.DigitalSourceType, s.Licence))]);

    internal sealed record StyleEntry(string Name, string Description, string Model, string DigitalSourceType, string Licence);
}
