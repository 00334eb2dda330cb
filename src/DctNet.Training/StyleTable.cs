namespace DctNet.Training;

/// <summary>The parameters of the network that are vectors per style, side by side: a row for each style. So they lie in the exported file.</summary>
internal static class StyleTable
{
    /// <summary>The parameters, in the order in which they lie in a row.</summary>
    public static IReadOnlyList<(string Name, long Length)> Columns { get; } =
    [
        .. ConditionalUNet.Layers.SelectMany<ConditionalUNet.Layer, (string, long)>(layer => layer.Styled
            ? [($"{layer.Name}.bias", layer.Output)]
            : [($"{layer.Name}.bias", layer.Output), ($"{layer.Name}.scale", layer.Output)]),
        ("colour.weight", 9),
    ];

    /// <summary>Values of a row.</summary>
    public static long Width { get; } = Columns.Sum(column => column.Length);

    public static float[] Of(ConditionalUNet network)
    {
        var table = new float[network.Styles * Width];
        var parts = Columns.ToDictionary(column => column.Name, column => network.Values(column.Name), StringComparer.Ordinal);
        ForEach(network.Styles, (name, part, row) => parts[name].AsSpan(part).CopyTo(table.AsSpan(row)));
        return table;
    }

    /// <summary>The parameters of a table, by name: <c>[styles, length]</c>.</summary>
    public static Dictionary<string, float[]> Parts(float[] table, int styles)
    {
        var parts = Columns.ToDictionary(column => column.Name, column => new float[styles * column.Length], StringComparer.Ordinal);
        ForEach(styles, (name, part, row) => table.AsSpan(row).CopyTo(parts[name].AsSpan(part)));
        return parts;
    }

    // Where a parameter has its values of a style, and where they are in the table.
    private static void ForEach(int styles, Action<string, Range, Range> action)
    {
        for (var style = 0; style < styles; style++)
        {
            var place = style * (int)Width;
            foreach (var (name, length) in Columns)
            {
                action(name, (style * (int)length)..((style + 1) * (int)length), place..(place + (int)length));
                place += (int)length;
            }
        }
    }
}
