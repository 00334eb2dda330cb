using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;

namespace DctNet.Core.Cartoon;

/// <summary>A cartoon and what was seen on the way. Dispose returns the pixels.</summary>
/// <param name="Pixels">Same size and channels as the portrait; alpha, where there is any, is the portrait's.</param>
/// <param name="Faces">The faces that were drawn by a pass of their own, in coordinates of the picture.</param>
public sealed record StylizedPicture(PixelBuffer Pixels, IReadOnlyList<DetectedFace> Faces) : IDisposable
{
    public int FaceCount => Faces.Count;

    public void Dispose() => Pixels.Dispose();
}
