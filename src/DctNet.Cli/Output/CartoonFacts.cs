using System.Globalization;
using DctNet.V1;

namespace DctNet.Cli.Output;

/// <summary>A cartoon in a line for people.</summary>
internal static class CartoonFacts
{
    /// <summary>Size, style, strength, id, and whether the picture carries it.</summary>
    public static string Of(ResultHeader result)
    {
        var mark = result.Watermark.Embedded ? "" : " (not embedded: under 192 px, over 16 to 1, or nothing visible)";
        var strength = result.HasStrength && result.Strength < 1 ? string.Create(CultureInfo.InvariantCulture, $" at {result.Strength}") : "";
        return $"{result.Width}x{result.Height}  {result.Style}{strength}  id {result.Watermark.Id}{mark}";
    }
}
