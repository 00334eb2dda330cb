using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;

namespace DctNet.Core.Cartoon;

/// <summary>A cartoon and what was seen on the way. Dispose returns the pixels.</summary>
/// <param name="Pixels">Same size and channels as the portrait; alpha, where there is any, is the portrait's.</param>
/// <param name="Faces">The faces that were drawn by a pass of their own, in coordinates of the picture.</param>
public sealed record StylizedPicture(PixelBuffer Pixels, IReadOnlyList<DetectedFace> Faces) : IDisposable
{
    public int FaceCount => Faces.Count;

    /// <summary>Mixes the portrait in, in linear light.</summary>
    /// <param name="portrait">What the cartoon was made of.</param>
    /// <param name="strength">The cartoon's share, 0..1: 1 leaves it as it is.</param>
    public void Blend(PixelBuffer portrait, float strength) => LinearBlend.Into(Pixels, portrait, strength);

    public void Dispose() => Pixels.Dispose();
}
