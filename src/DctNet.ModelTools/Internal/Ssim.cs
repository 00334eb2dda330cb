namespace DctNet.ModelTools;

/// <summary>Structural similarity (Wang et al. 2004) of two luma planes 0..255: Gaussian window σ 1.5, 11 taps, K 0.01 and 0.03.</summary>
internal static class Ssim
{
    private const int Radius = 5;
    private const double C1 = 0.01 * 255 * 0.01 * 255;
    private const double C2 = 0.03 * 255 * 0.03 * 255;
    private static readonly double[] s_window = Window();

    /// <summary>The mean over all windows that lie wholly inside.</summary>
    public static double Of(float[] a, float[] b, int width, int height)
    {
        var (meanA, meanB) = (Blur(i => a[i], width, height), Blur(i => b[i], width, height));
        var (squareA, squareB) = (Blur(i => (double)a[i] * a[i], width, height), Blur(i => (double)b[i] * b[i], width, height));
        var product = Blur(i => (double)a[i] * b[i], width, height);
        var sum = 0.0;
        for (var i = 0; i < meanA.Length; i++)
        {
            var (ma, mb) = (meanA[i], meanB[i]);
            var (va, vb, cov) = (squareA[i] - (ma * ma), squareB[i] - (mb * mb), product[i] - (ma * mb));
            sum += ((2 * ma * mb) + C1) * ((2 * cov) + C2) / (((ma * ma) + (mb * mb) + C1) * (va + vb + C2));
        }

        return sum / meanA.Length;
    }

    private static double[] Blur(Func<int, double> value, int width, int height)
    {
        var (outWidth, outHeight) = (width - (2 * Radius), height - (2 * Radius));
        var rows = new double[outWidth * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < outWidth; x++)
            {
                for (var t = 0; t < s_window.Length; t++)
                {
                    rows[(y * outWidth) + x] += s_window[t] * value((y * width) + x + t);
                }
            }
        }

        var result = new double[outWidth * outHeight];
        for (var y = 0; y < outHeight; y++)
        {
            for (var t = 0; t < s_window.Length; t++)
            {
                for (var x = 0; x < outWidth; x++)
                {
                    result[(y * outWidth) + x] += s_window[t] * rows[((y + t) * outWidth) + x];
                }
            }
        }

        return result;
    }

    private static double[] Window()
    {
        var window = Enumerable.Range(-Radius, (2 * Radius) + 1).Select(i => Math.Exp(-i * i / (2 * 1.5 * 1.5))).ToArray();
        var sum = window.Sum();
        return [.. window.Select(weight => weight / sum)];
    }
}
