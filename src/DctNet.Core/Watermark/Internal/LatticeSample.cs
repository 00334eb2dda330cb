namespace DctNet.Core.Watermark;

/// <summary>
/// What a spectrum holds where a mark in one pose would have its carriers, whitened: divided by the noise around each, so that all carriers
/// count alike whatever a blur or an encoder did to some frequencies.
/// </summary>
internal sealed class LatticeSample
{
    // Rings of 1/80 cycles per pixel over which the noise of single carriers is smoothed.
    private const int RingsPerCycle = 80;

    // Lines and gratings of the picture concentrate in few carriers. None says more than with two deviations, or than twice the median.
    private const float Limit = 2;

    private static readonly int[] s_rings = BuildRings();
    private static readonly int s_ringCount = s_rings.Max() + 1;

    private LatticeSample()
    {
    }

    /// <summary>
    /// Whitened spectrum values at the carriers, in the order of <see cref="CarrierGrid.Bins"/>: E|value|² = 1 without a mark, and none
    /// that stands out from all.
    /// </summary>
    public Phasor[] Values { get; } = new Phasor[CarrierGrid.Count];

    /// <summary>
    /// What the values were divided by: the root of the power expected without a mark, half from the eight places half a tile
    /// frequency away, half from the ring.
    /// </summary>
    public float[] Deviations { get; } = new float[CarrierGrid.Count];

    public static LatticeSample Take(ResidualSpectrum spectrum, LatticePose pose)
    {
        var sample = new LatticeSample();
        var (uu, uv, vu, vv) = pose.ToBins();
        Span<float> ringPower = stackalloc float[s_ringCount];
        Span<int> ringMembers = stackalloc int[s_ringCount];
        ringPower.Clear();
        ringMembers.Clear();
        for (var i = 0; i < CarrierGrid.Count; i++)
        {
            var (u, v) = CarrierGrid.Bins[i];
            sample.Values[i] = At(u, v);
            var power = 0f;
            for (var a = -0.5f; a <= 0.5f; a += 0.5f)
            {
                power += At(u + a, v - 0.5f).Power + At(u + a, v + 0.5f).Power;
            }

            power = (power + At(u - 0.5f, v).Power + At(u + 0.5f, v).Power) / 8;
            sample.Deviations[i] = power;
            ringPower[s_rings[i]] += power;
            ringMembers[s_rings[i]]++;
        }

        for (var i = 0; i < CarrierGrid.Count; i++)
        {
            var ring = s_rings[i];
            sample.Deviations[i] = MathF.Sqrt(0.5f * sample.Deviations[i] + 0.5f * ringPower[ring] / ringMembers[ring] + 1e-9f);
            sample.Values[i] *= 1 / sample.Deviations[i];
        }

        sample.LimitValues();
        return sample;

        Phasor At(float u, float v) => spectrum.At(uu * u + uv * v, vu * u + vv * v);
    }

    /// <summary>The value at the place an orientation moves a carrier to.</summary>
    public Phasor At(int carrier, ReadOnlySpan<int> images)
    {
        var image = images[carrier];
        return image >= 0 ? Values[image] : Values[~image].Conjugate();
    }

    private void LimitValues()
    {
        Span<float> magnitudes = stackalloc float[CarrierGrid.Count];
        for (var i = 0; i < magnitudes.Length; i++)
        {
            magnitudes[i] = MathF.Sqrt(Values[i].Power);
        }

        Span<float> sorted = stackalloc float[CarrierGrid.Count];
        magnitudes.CopyTo(sorted);
        sorted.Sort();
        var limit = Limit * Math.Max(1, sorted[sorted.Length / 2]);
        for (var i = 0; i < magnitudes.Length; i++)
        {
            if (magnitudes[i] > limit)
            {
                Values[i] *= limit / magnitudes[i];
            }
        }
    }

    private static int[] BuildRings()
    {
        var rings = new int[CarrierGrid.Count];
        for (var i = 0; i < rings.Length; i++)
        {
            var (u, v) = CarrierGrid.Bins[i];
            rings[i] = (int)Math.Round(Math.Sqrt(u * u + v * v) / CarrierGrid.TileSize * RingsPerCycle);
        }

        return rings;
    }
}
