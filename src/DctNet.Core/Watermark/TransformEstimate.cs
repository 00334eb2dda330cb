namespace DctNet.Core.Watermark;

/// <summary>
/// The linear part of what happened to a picture since it was marked: a matrix from canonical pixels of the marked picture (its
/// short side was 512 of them) to pixels of the picture at hand, x right and y down.
/// </summary>
public sealed record TransformEstimate(double M11, double M12, double M21, double M22)
{
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
}
