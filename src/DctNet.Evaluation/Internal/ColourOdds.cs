using System.Numerics;

namespace DctNet.Evaluation;

/// <summary>
/// How much more likely a colour is in one part of a picture than in the other: histograms in L*a*b*, smoothed by a small kernel.
/// </summary>
internal static class ColourOdds
{
    // 3 L* or 2.5 of a* and b* to a bin; the kernel below makes that a soft width of about two bins.
    private const int LightBins = 32;
    private const int ChromaBins = 48;
    private const float ChromaRange = 60;
    private const int Passes = 2;

    /// <summary>Keeps the odds of colours that occur in neither part near one.</summary>
    private const float Floor = 1e-5f;

    /// <summary>The natural logarithm of the odds, for each pixel.</summary>
    /// <param name="colours">L*a*b* of each pixel.</param>
    /// <param name="inside">How much each pixel belongs to the one part, 0..1.</param>
    /// <param name="outside">How much to the other.</param>
    public static float[] Of(Vector3[] colours, float[] inside, float[] outside)
    {
        var bins = new int[colours.Length];
        for (var i = 0; i < bins.Length; i++)
        {
            bins[i] = Bin(colours[i]);
        }

        var (a, b) = (Histogram(bins, inside), Histogram(bins, outside));
        var odds = new float[bins.Length];
        for (var i = 0; i < odds.Length; i++)
        {
            odds[i] = MathF.Log((a[bins[i]] + Floor) / (b[bins[i]] + Floor));
        }

        return odds;
    }

    private static int Bin(Vector3 colour)
    {
        var light = Math.Clamp((int)(colour.X / 100 * LightBins), 0, LightBins - 1);
        return (((light * ChromaBins) + Chroma(colour.Y)) * ChromaBins) + Chroma(colour.Z);

        static int Chroma(float value) => Math.Clamp((int)((value + ChromaRange) / (2 * ChromaRange) * ChromaBins), 0, ChromaBins - 1);
    }

    /// <summary>Shares that sum to 1.</summary>
    private static float[] Histogram(int[] bins, float[] weights)
    {
        var histogram = new float[LightBins * ChromaBins * ChromaBins];
        for (var i = 0; i < bins.Length; i++)
        {
            histogram[bins[i]] += weights[i];
        }

        for (var pass = 0; pass < Passes; pass++)
        {
            histogram = Smooth(Smooth(Smooth(histogram, 1, ChromaBins), ChromaBins, ChromaBins), ChromaBins * ChromaBins, LightBins);
        }

        var sum = Math.Max(histogram.Sum(), float.Epsilon);
        return [.. histogram.Select(share => share / sum)];
    }

    /// <summary>The kernel ¼ ½ ¼ along one axis.</summary>
    private static float[] Smooth(float[] histogram, int stride, int length)
    {
        var result = new float[histogram.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var at = i / stride % length;
            var before = at > 0 ? histogram[i - stride] : 0;
            var after = at < length - 1 ? histogram[i + stride] : 0;
            result[i] = (0.25f * (before + after)) + (0.5f * histogram[i]);
        }

        return result;
    }
}
