using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>The luma of a picture at the sizes that were asked for, each made once. Dispose returns all of them.</summary>
internal sealed class LumaSizes(PixelBuffer image) : IDisposable
{
    private readonly Dictionary<int, Plane> _planes = [];

    /// <summary>Luma at a short side in pixels; not to be changed, nor disposed.</summary>
    public Plane At(int shortSide)
    {
        if (!_planes.TryGetValue(shortSide, out var plane))
        {
            _planes[shortSide] = plane = CanonicalPicture.Of(image, shortSide);
        }

        return plane;
    }

    public void Dispose()
    {
        foreach (var plane in _planes.Values)
        {
            plane.Dispose();
        }
    }
}
