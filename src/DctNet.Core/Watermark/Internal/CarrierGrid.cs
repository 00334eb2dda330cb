namespace DctNet.Core.Watermark;

/// <summary>
/// The key-independent part of the format: which DFT coefficients of the tile carry the mark, in the order all tables use, and where
/// the eight symmetries of the square (quarter turns and mirrors) take each of them.
/// </summary>
internal static class CarrierGrid
{
    /// <summary>Short side of the canonical picture, in canonical pixels.</summary>
    public const int CanonicalShortSide = 512;

    /// <summary>Side of the periodic tile, in canonical pixels.</summary>
    public const int TileSize = 128;

    /// <summary>Squared band limits in tile bins: 0.045 and 0.135 cycles per canonical pixel times <see cref="TileSize"/>.</summary>
    public const int MinRadiusSquared = 34;
    public const int MaxRadiusSquared = 298;

    /// <summary>Largest |u| or |v|: ⌊√298⌋.</summary>
    public const int MaxFrequency = 17;

    /// <summary>Half-plane of the band: v &gt; 0, or v = 0 and u &gt; 0; ordered by v, then u.</summary>
    private static readonly (int U, int V)[] s_bins = BuildBins();

    /// <summary>
    /// The symmetries as matrices (m11, m12, m21, m22) on picture coordinates with y down. 0–3: turned clockwise by that many
    /// quarters; 4: mirrored left-right; 5: top-bottom; 6: transposed; 7: transposed along the other diagonal.
    /// </summary>
    private static readonly (int M11, int M12, int M21, int M22)[] s_orientations =
    [
        (1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0), (-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0),
    ];

    private static readonly int[][] s_images = [.. s_orientations.Select(BuildImages)];

    public static int Count => s_bins.Length;

    public static ReadOnlySpan<(int U, int V)> Bins => s_bins;

    public static ReadOnlySpan<(int M11, int M12, int M21, int M22)> Orientations => s_orientations;

    /// <summary>
    /// For one orientation, the carrier each carrier is moved to; bitwise complement (<c>~index</c>) where it lands in the other
    /// half-plane, so that the coefficient found there is the complex conjugate.
    /// </summary>
    public static ReadOnlySpan<int> Images(int orientation) => s_images[orientation];

    private static (int U, int V)[] BuildBins()
    {
        var bins = new List<(int, int)>();
        for (var v = 0; v <= MaxFrequency; v++)
        {
            for (var u = -MaxFrequency; u <= MaxFrequency; u++)
            {
                if ((v > 0 || u > 0) && u * u + v * v is >= MinRadiusSquared and <= MaxRadiusSquared)
                {
                    bins.Add((u, v));
                }
            }
        }

        return [.. bins];
    }

    private static int[] BuildImages((int M11, int M12, int M21, int M22) m)
    {
        var index = s_bins.Select((bin, i) => (bin, i)).ToDictionary(pair => pair.bin, pair => pair.i);
        return [.. s_bins.Select(bin =>
        {
            var (u, v) = (m.M11 * bin.U + m.M12 * bin.V, m.M21 * bin.U + m.M22 * bin.V);
            return v > 0 || (v == 0 && u > 0) ? index[(u, v)] : ~index[(-u, -v)];
        })];
    }
}
