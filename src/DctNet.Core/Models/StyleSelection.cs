using System.Globalization;

namespace DctNet.Core.Models;

/// <summary>One style of a catalog, or a mixture of several.</summary>
/// <remarks>
/// Styles of one network mix inside it, in one pass. Styles of different networks are drawn by each and the pictures mixed, because
/// mixing the networks' weights gives gray mush; that takes as many passes as there are networks.
/// </remarks>
public sealed class StyleSelection
{
    /// <summary>More styles in one mixture are refused: it is a spelling mistake, or costs a pass each.</summary>
    public const int MaxStyles = 16;

    /// <summary>Far from where a sum of weights would lose digits.</summary>
    private const float MaxWeight = 1e6f;

    /// <summary>Smaller shares are dropped: they change no level of 255, and <see cref="ToString"/> has no digit for them.</summary>
    private const float LeastShare = 5e-5f;

    private const string TrainedAlgorithmicMedia = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

    private readonly (CatalogStyle Style, float Weight)[] _styles;

    private StyleSelection((CatalogStyle Style, float Weight)[] styles)
    {
        _styles = styles;
        Parts = [.. styles.GroupBy(entry => entry.Style.Network).Select(Combine)];
        Model = string.Join(", ", Parts.Select(part => part.Network.Label));
        var types = Parts.Select(part => part.Network.DigitalSourceType).Distinct().ToArray();
        DigitalSourceType = types.Length > 1 && types.Contains(TrainedAlgorithmicMedia) ? TrainedAlgorithmicMedia : types[0];
    }

    /// <summary>True for more than one style.</summary>
    public bool IsMixture => _styles.Length > 1;

    /// <summary>The networks' share of the picture, one entry for each network.</summary>
    public IReadOnlyList<StylePart> Parts { get; }

    /// <summary>The networks that draw it, "name version", comma-separated.</summary>
    public string Model { get; }

    /// <summary>
    /// IPTC digital source type of the result: the network's; for networks of different types, trainedAlgorithmicMedia if any of them is
    /// of it.
    /// </summary>
    public string DigitalSourceType { get; }

    /// <summary>The style's name, or the mixture with weights that add up to 1 (to four digits).</summary>
    public override string ToString() => IsMixture
        ? string.Join(',', _styles.Select(entry => $"{entry.Style.Name}:{entry.Weight.ToString("0.####", CultureInfo.InvariantCulture)}"))
        : _styles[0].Style.Name;

    /// <summary>Reads "anime" or "anime:0.6,sketch:0.4". A missing weight is 1; styles with a share of next to nothing are left out.</summary>
    internal static Outcome<StyleSelection> Parse(string text, IReadOnlyDictionary<string, CatalogStyle> catalog)
    {
        var entries = text.Split(',', StringSplitOptions.TrimEntries);
        if (entries.Length > MaxStyles)
        {
            return Refused($"A mixture may have {MaxStyles} styles; this has {entries.Length}.");
        }

        var styles = new List<(CatalogStyle Style, float Weight)>(entries.Length);
        foreach (var entry in entries)
        {
            var colon = entry.IndexOf(':', StringComparison.Ordinal);
            var name = (colon < 0 ? entry : entry[..colon]).Trim();
            var weight = 1f;
            if (colon >= 0 && !TryReadWeight(entry.AsSpan(colon + 1).Trim(), out weight))
            {
                return Refused($"The weight of style \"{Shown(name)}\" must be a plain number from 0 to 1000000, as in \"anime:0.6\".");
            }

            if (!catalog.TryGetValue(name.ToLowerInvariant(), out var style))
            {
                var known = string.Join(", ", catalog.Keys.Order(StringComparer.Ordinal));
                return new Failure(FailureCode.UnknownStyle, $"There is no style \"{Shown(name)}\"; there are {known}.", "options.style");
            }

            if (styles.Exists(other => other.Style.Name == style.Name))
            {
                return Refused($"Style \"{style.Name}\" is named twice.");
            }

            styles.Add((style, weight));
        }

        var sum = styles.Sum(entry => entry.Weight);
        styles.RemoveAll(entry => entry.Weight <= sum * LeastShare);
        sum = styles.Sum(entry => entry.Weight);
        return sum > 0
            ? new StyleSelection([.. styles.Select(entry => (entry.Style, entry.Weight / sum))])
            : Refused("All styles of the mixture have weight 0.");
    }

    private static bool TryReadWeight(ReadOnlySpan<char> text, out float weight) =>
        float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weight) && weight is >= 0 and <= MaxWeight;

    private static Failure Refused(string message) => new(FailureCode.InvalidOption, message, "options.style");

    /// <summary>A caller's text, short enough to repeat in a message.</summary>
    private static string Shown(string text) => text.Length <= 64 ? text : $"{text[..64]}…";

    private static StylePart Combine(IGrouping<StylizerNetwork, (CatalogStyle Style, float Weight)> group)
    {
        var share = group.Sum(entry => entry.Weight);
        var weights = new float[group.Key.Styles.Count];
        foreach (var (style, weight) in group)
        {
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] += style.Weights[i] * weight / share;
            }
        }

        return new StylePart(group.Key, share, weights);
    }
}
