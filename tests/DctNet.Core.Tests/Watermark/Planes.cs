using DctNet.Core.Watermark;

namespace DctNet.Core.Tests.Watermark;

internal static class Planes
{
    /// <summary>Independent values, even between 0 and 255.</summary>
    public static Plane Random(int width, int height, int seed)
    {
        var random = new Random(seed);
        var plane = new Plane(width, height);
        foreach (ref var value in plane.Span)
        {
            value = 255 * random.NextSingle();
        }

        return plane;
    }
}
