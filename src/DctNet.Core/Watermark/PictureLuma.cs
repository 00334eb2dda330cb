using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>
/// What a <see cref="PerceptualHash"/> looks at of a picture: its luma with 512 pixels on the short side, 8 MiB at most, so that nobody needs to
/// keep the pixels until there is something to compare. Dispose returns the memory to its pool.
/// </summary>
public sealed class PictureLuma : IDisposable
{
    /// <param name="picture">Only read. What lies beyond eight times its short side is not looked at.</param>
    public PictureLuma(PixelBuffer picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var longest = CanonicalPicture.MaxAspect * Math.Min(picture.Width, picture.Height);
        (Width, Height) = (Math.Min(picture.Width, longest), Math.Min(picture.Height, longest));
        Plane = CanonicalPicture.OfPart(picture, 0, 0, Width, Height);
        Resized = TransformEstimate.Resized(picture);
    }

    /// <summary>Of a picture that was scaled and nothing else: how it lies to the one that was marked.</summary>
    public TransformEstimate Resized { get; }

    /// <summary>Pixels of the picture, from its left, that are looked at.</summary>
    internal int Width { get; }

    /// <summary>Pixels of the picture, from its top, that are looked at.</summary>
    internal int Height { get; }

    /// <summary>Those, at the canonical size.</summary>
    internal Plane Plane { get; }

    public void Dispose() => Plane.Dispose();
}
