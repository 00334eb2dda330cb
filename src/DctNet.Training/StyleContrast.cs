using System.Globalization;

namespace DctNet.Training;

/// <summary>Contrast that a style is given at export, written <c>STYLE=GAIN@PIVOT</c>.</summary>
/// <param name="Style">The style.</param>
/// <param name="Gain">Part of the photo that is added; below 0 taken away.</param>
/// <param name="Pivot">The level, −1..1, that stays as it is.</param>
internal sealed record StyleContrast(string Style, float Gain, float Pivot)
{
    /// <exception cref="FormatException">The text is no such triple.</exception>
    public static StyleContrast Parse(string text)
        => text.Split('=', '@') is [var style, var gain, var pivot]
            ? new StyleContrast(style, float.Parse(gain, CultureInfo.InvariantCulture), float.Parse(pivot, CultureInfo.InvariantCulture))
            : throw new FormatException($"{text} is not STYLE=GAIN@PIVOT.");

    /// <summary>As it is written.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Style}={Gain}@{Pivot}");
}
