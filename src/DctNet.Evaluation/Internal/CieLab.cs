using System.Numerics;

namespace DctNet.Evaluation;

/// <summary>CIE 1976 L*a*b* (X, Y, Z of the vector) of 8-bit sRGB, white D65.</summary>
internal static class CieLab
{
    // IEC 61966-2-1 and CIE 15: the cube root's linear foot.
    private const float Epsilon = 216f / 24389;
    private const float Kappa = 24389f / 27;

    private static readonly Vector3 s_white = new(0.95047f, 1, 1.08883f);
    private static readonly float[] s_linear = [.. Enumerable.Range(0, 256).Select(level => ToLinear(level / 255f))];

    public static Vector3 Of(byte red, byte green, byte blue)
    {
        var (r, g, b) = (s_linear[red], s_linear[green], s_linear[blue]);
        var x = Root(((0.4124564f * r) + (0.3575761f * g) + (0.1804375f * b)) / s_white.X);
        var y = Root((0.2126729f * r) + (0.7151522f * g) + (0.0721750f * b));
        var z = Root(((0.0193339f * r) + (0.1191920f * g) + (0.9503041f * b)) / s_white.Z);
        return new Vector3((116 * y) - 16, 500 * (x - y), 200 * (y - z));
    }

    /// <summary>Every pixel of an interleaved RGB picture.</summary>
    public static Vector3[] Of(ReadOnlySpan<byte> rgb)
    {
        var colours = new Vector3[rgb.Length / 3];
        for (var i = 0; i < colours.Length; i++)
        {
            colours[i] = Of(rgb[i * 3], rgb[(i * 3) + 1], rgb[(i * 3) + 2]);
        }

        return colours;
    }

    /// <summary>sRGB 0..255, clipped to what can be shown.</summary>
    public static Vector3 ToRgb(Vector3 lab)
    {
        var y = (lab.X + 16) / 116;
        var xyz = new Vector3(Cube(y + (lab.Y / 500)), Cube(y), Cube(y - (lab.Z / 200))) * s_white;
        return 255 * new Vector3(
            ToEncoded(Vector3.Dot(xyz, new(3.2404542f, -1.5371385f, -0.4985314f))),
            ToEncoded(Vector3.Dot(xyz, new(-0.9692660f, 1.8760108f, 0.0415560f))),
            ToEncoded(Vector3.Dot(xyz, new(0.0556434f, -0.2040259f, 1.0572252f))));
    }

    private static float Root(float value) => value > Epsilon ? MathF.Cbrt(value) : ((Kappa * value) + 16) / 116;

    private static float Cube(float root) => root * root * root is var cube && cube > Epsilon ? cube : ((116 * root) - 16) / Kappa;

    private static float ToLinear(float value) => value <= 0.04045f ? value / 12.92f : MathF.Pow((value + 0.055f) / 1.055f, 2.4f);

    private static float ToEncoded(float value) => Math.Clamp(value, 0, 1) is var v && v <= 0.0031308f ? 12.92f * v : (1.055f * MathF.Pow(v, 1 / 2.4f)) - 0.055f;
}
