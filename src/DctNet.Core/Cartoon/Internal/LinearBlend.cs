using DctNet.Core.Imaging;

namespace DctNet.Core.Cartoon;

/// <summary>
/// Mixes two pictures in linear light, as two projectors on one screen would: mixed as they are stored, the edges of the cartoon's lines
/// over the portrait would come out too dark. (sRGB's transfer function: IEC 61966-2-1.)
/// </summary>
internal static class LinearBlend
{
    private const int Levels = 256;

    private static readonly float[] s_linear = [.. Enumerable.Range(0, Levels).Select(level => Linear(level / 255f))];

    /// <summary>The stored value of a mixture of two stored values.</summary>
    public static byte Mix(byte portrait, byte cartoon, float strength) =>
        (byte)MathF.Round(255 * Stored((s_linear[portrait] * (1 - strength)) + (s_linear[cartoon] * strength)));

    /// <summary>
    /// Mixes the portrait into the cartoon, which is of the same size; alpha is left as it is. What is fully transparent gets nothing of the portrait:
    /// colours that were hidden stay so.
    /// </summary>
    public static void Into(PixelBuffer cartoon, PixelBuffer portrait, float strength)
    {
        // Every pair of values is mixed once, instead of every pixel.
        var mixtures = new byte[Levels * Levels];
        for (var i = 0; i < mixtures.Length; i++)
        {
            mixtures[i] = Mix((byte)(i / Levels), (byte)i, strength);
        }

        var to = cartoon.Span;
        var from = portrait.Span;
        for (var i = 0; i < to.Length; i++)
        {
            if (!cartoon.HasAlpha || (i % 4 != 3 && to[i | 3] != 0))
            {
                to[i] = mixtures[(from[i] * Levels) + to[i]];
            }
        }
    }

    private static float Linear(float value) => value <= 0.04045f ? value / 12.92f : MathF.Pow((value + 0.055f) / 1.055f, 2.4f);

    private static float Stored(float value) => value <= 0.0031308f ? value * 12.92f : (1.055f * MathF.Pow(value, 1 / 2.4f)) - 0.055f;
}
