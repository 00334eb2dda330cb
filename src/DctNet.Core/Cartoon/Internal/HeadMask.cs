using System.Numerics;

namespace DctNet.Core.Cartoon;

/// <summary>
/// How much of an aligned head shows in the picture: a superellipse of degree 4, opaque inside, with a soft rim. Its size follows the
/// aligned head: hair and chin are inside, the crop's own border, where the network sees an arbitrary cut, is outside.
/// </summary>
internal static class HeadMask
{
    private const float RadiusX = 116f;
    private const float RadiusY = 142f;

    /// <summary>Share of the radius that the rim takes; wide enough that lines fade instead of ending.</summary>
    private const float Rim = 0.32f;

    private static readonly Vector2 s_centre = new(144f);

    /// <summary>
    /// Distance from the centre, 0, to the edge of the mask, 1: <c>(|u|⁴ + |v|⁴)^¼</c> with u, v in radii. Beyond 1 nothing shows.
    /// </summary>
    /// <param name="point">Continuous coordinates in the aligned head.</param>
    public static float Radius(Vector2 point)
    {
        var unit = (point - s_centre) / new Vector2(RadiusX, RadiusY);
        var squares = unit * unit;
        return MathF.Sqrt(squares.Length());
    }

    /// <summary>The opacity at a radius: 1 up to the rim, then a cubic smoothstep down to 0 at the edge.</summary>
    public static float Opacity(float radius)
    {
        var t = Math.Clamp((1f - radius) / Rim, 0f, 1f);
        return t * t * (3f - (2f * t));
    }
}
