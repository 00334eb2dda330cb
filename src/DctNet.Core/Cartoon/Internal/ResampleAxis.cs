namespace DctNet.Core.Cartoon;

/// <summary>
/// The weights of a separable resize along one axis: target sample i is the sum over k of
/// <c>Weights[i·Taps + k] · source[Starts[i] + k]</c>. Weights of one sample add up to 1.
/// </summary>
internal sealed class ResampleAxis
{
    private ResampleAxis(int taps, int[] starts, float[] weights) => (Taps, Starts, Weights) = (taps, starts, weights);

    public int Taps { get; }

    public int[] Starts { get; }

    public float[] Weights { get; }

    /// <summary>
    /// Shrinking averages over the covered area (exact coverage, as OpenCV's INTER_AREA, which DCT-Net was tuned with); growing
    /// interpolates with the Catmull-Rom cubic (Keys 1981, a = −1/2), repeating the edge.
    /// </summary>
    public static ResampleAxis Create(int source, int target) => target < source ? Area(source, target) : Cubic(source, target);

    private static ResampleAxis Area(int source, int target)
    {
        var scale = (double)source / target;
        var taps = Math.Min(source, (int)Math.Ceiling(scale) + 1);
        var (starts, weights) = (new int[target], new float[target * taps]);
        for (var i = 0; i < target; i++)
        {
            var (from, to) = (i * scale, (i + 1) * scale);
            var start = Math.Min((int)from, source - taps);
            starts[i] = start;
            for (var k = 0; k < taps; k++)
            {
                var covered = Math.Min(start + k + 1, to) - Math.Max(start + k, from);
                weights[(i * taps) + k] = (float)(Math.Max(0, covered) / scale);
            }
        }

        return new ResampleAxis(taps, starts, weights);
    }

    private static ResampleAxis Cubic(int source, int target)
    {
        if (source == target)
        {
            var identity = new float[target];
            Array.Fill(identity, 1f);
            return new ResampleAxis(1, [.. Enumerable.Range(0, target)], identity);
        }

        const int Support = 4;
        var taps = Math.Min(source, Support);
        var (starts, weights) = (new int[target], new float[target * taps]);
        for (var i = 0; i < target; i++)
        {
            var centre = ((i + 0.5) * source / target) - 0.5;
            var first = (int)Math.Floor(centre) - 1;
            var start = Math.Clamp(first, 0, source - taps);
            starts[i] = start;
            for (var k = first; k < first + Support; k++)
            {
                var tap = Math.Clamp(k, 0, source - 1) - start;
                weights[(i * taps) + tap] += (float)CatmullRom(Math.Abs(centre - k));
            }
        }

        return new ResampleAxis(taps, starts, weights);
    }

    private static double CatmullRom(double x) => x switch
    {
        < 1 => (((1.5 * x) - 2.5) * x * x) + 1,
        < 2 => (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2,
        _ => 0,
    };
}
