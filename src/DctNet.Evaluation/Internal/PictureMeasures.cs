namespace DctNet.Evaluation;

/// <summary>Measures of interleaved 8-bit RGB.</summary>
internal static class PictureMeasures
{
    /// <summary>BT.601.</summary>
    public static float[] Luma(ReadOnlySpan<byte> rgb)
    {
        var luma = new float[rgb.Length / 3];
        for (var i = 0; i < luma.Length; i++)
        {
            luma[i] = (0.299f * rgb[i * 3]) + (0.587f * rgb[(i * 3) + 1]) + (0.114f * rgb[(i * 3) + 2]);
        }

        return luma;
    }

    /// <summary>Of equal pictures: that of an error of half a level in every channel, so that a mean stays a number.</summary>
    public static double PsnrDb(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return 10 * Math.Log10(255 * 255 / Math.Max(sum / a.Length, 0.25));
    }

    /// <summary>Mean magnitude of the differences to the right and down.</summary>
    public static double Gradient(float[] luma, int width)
    {
        double sum = 0;
        var count = 0;
        for (var i = 0; i < luma.Length - width; i++)
        {
            if (i % width < width - 1)
            {
                var (x, y) = (luma[i + 1] - luma[i], luma[i + width] - luma[i]);
                sum += Math.Sqrt((x * x) + (y * y));
                count++;
            }
        }

        return sum / count;
    }

    /// <summary>Mean distance from grey in the plane of Cb and Cr.</summary>
    public static double Chroma(ReadOnlySpan<byte> rgb, float[] luma)
    {
        double sum = 0;
        for (var i = 0; i < luma.Length; i++)
        {
            var (cb, cr) = ((rgb[(i * 3) + 2] - luma[i]) / 1.772, (rgb[i * 3] - luma[i]) / 1.402);
            sum += Math.Sqrt((cb * cb) + (cr * cr));
        }

        return sum / luma.Length;
    }
}
