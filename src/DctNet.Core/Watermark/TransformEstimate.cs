using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>
/// What happened to a picture since it was marked: a map from canonical pixels of the marked picture (its short side was 512 of
/// them) to pixels of the picture at hand, x right and y down, both counted at their centres: (x, y) = M·(canonical x, y) + offset.
/// </summary>
/// <param name="M11">From canonical x to x.</param>
/// <param name="M12">From canonical y to x.</param>
/// <param name="M21">From canonical x to y.</param>
/// <param name="M22">From canonical y to y.</param>
/// <param name="OffsetX">
/// Where the corner of the marked picture lies, in pixels. The mark repeats every 128 canonical pixels, so the offset is known only up
/// to whole steps of M·(128, 0) and M·(0, 128).
/// </param>
/// <param name="OffsetY">See <paramref name="OffsetX"/>.</param>
public sealed record TransformEstimate(double M11, double M12, double M21, double M22, double OffsetX, double OffsetY)
{
    /// <summary>Canonical pixels after which the mark, and so the offset, repeats.</summary>
    public const int Period = CarrierGrid.TileSize;

    /// <summary>Of a picture that was scaled and nothing else.</summary>
    public static TransformEstimate Resized(PixelBuffer picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var scale = (double)Math.Min(picture.Width, picture.Height) / CarrierGrid.CanonicalShortSide;
        var offset = (scale - 1) / 2; // The corner of the first pixel stays where it is, and so its centre does not.
        return new TransformEstimate(scale, 0, 0, scale, offset, offset);
    }

    private double Determinant => M11 * M22 - M12 * M21;

    /// <summary>
    /// Pixels per canonical pixel (geometric mean of both axes). 512 times this is how long the marked picture's short side would be
    /// at the present resolution; where the present side is shorter, the picture was cropped.
    /// </summary>
    public double Scale => Math.Sqrt(Math.Abs(Determinant));

    /// <summary>Whether left and right were exchanged (before turning).</summary>
    public bool Mirrored => Determinant < 0;

    /// <summary>Clockwise rotation in degrees, −180 to 180, of the picture's vertical axis.</summary>
    public double RotationDegrees => Math.Atan2(-M12, M22) * (180 / Math.PI);

    /// <summary>How much more the picture was stretched along its original horizontal than along its vertical axis.</summary>
    public double Aspect => Math.Sqrt((M11 * M11 + M21 * M21) / (M12 * M12 + M22 * M22));

    /// <summary>The place in this picture of a place in the marked one, in canonical pixels.</summary>
    internal (double X, double Y) ToPicture(double x, double y) => (M11 * x + M12 * y + OffsetX, M21 * x + M22 * y + OffsetY);

    /// <summary>The place in the marked picture, in canonical pixels, of a place in this one.</summary>
    internal (double X, double Y) ToCanonical(double x, double y)
    {
        var (dx, dy) = (x - OffsetX, y - OffsetY);
        return ((M22 * dx - M12 * dy) / Determinant, (M11 * dy - M21 * dx) / Determinant);
    }
}
