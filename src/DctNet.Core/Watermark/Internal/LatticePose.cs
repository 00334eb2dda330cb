namespace DctNet.Core.Watermark;

/// <summary>
/// A linear map from canonical pixels of the marked picture to pixels of the plane looked at, both measured from the middle. (Where
/// the tile begins does not matter: the pilot search finds that.)
/// </summary>
internal readonly record struct LatticePose(double M11, double M12, double M21, double M22)
{
    public static readonly LatticePose Identity = new(1, 0, 0, 1);

    private double Determinant => M11 * M22 - M12 * M21;

    /// <summary>Turned clockwise (y down) by an angle and enlarged, first stretched along x by √aspect and along y by 1/√aspect.</summary>
    public static LatticePose Of(double scale, double radians, double aspect = 1)
    {
        var (sin, cos) = Math.SinCos(radians);
        var (x, y) = (scale * Math.Sqrt(aspect), scale / Math.Sqrt(aspect));
        return new LatticePose(x * cos, -x * sin, y * sin, y * cos);
    }

    /// <summary>Enlarged, then its rows moved along x by a share of y, or its columns along y by a share of x.</summary>
    public static LatticePose Sheared(double scale, double alongX, double alongY) => new(scale, scale * alongX, scale * alongY, scale);

    /// <summary>this · (I + e).</summary>
    public LatticePose Perturbed(double e11, double e12, double e21, double e22) => new(
        M11 * (1 + e11) + M12 * e21,
        M11 * e12 + M12 * (1 + e22),
        M21 * (1 + e11) + M22 * e21,
        M21 * e12 + M22 * (1 + e22));

    public LatticePose Scaled(double factor) => new(M11 * factor, M12 * factor, M21 * factor, M22 * factor);

    /// <summary>this after an orientation of <see cref="CarrierGrid.Orientations"/>.</summary>
    public LatticePose After((int M11, int M12, int M21, int M22) o) => new(
        M11 * o.M11 + M12 * o.M21, M11 * o.M12 + M12 * o.M22, M21 * o.M11 + M22 * o.M21, M21 * o.M12 + M22 * o.M22);

    /// <summary>
    /// The matrix that takes a tile frequency (u, v) to bins of a <see cref="ResidualSpectrum"/>: the inverse transpose, times the
    /// bins per tile frequency.
    /// </summary>
    public (float Uu, float Uv, float Vu, float Vv) ToBins()
    {
        var scale = ResidualSpectrum.Size / (double)CarrierGrid.TileSize / Determinant;
        return ((float)(M22 * scale), (float)(-M21 * scale), (float)(-M12 * scale), (float)(M11 * scale));
    }
}
