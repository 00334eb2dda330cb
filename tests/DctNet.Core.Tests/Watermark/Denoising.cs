using NetVips;

namespace DctNet.Core.Tests.Watermark;

/// <summary>Non-local means (Buades et al. 2005): every pixel becomes the mean of those whose surroundings look like its own.</summary>
internal static class Denoising
{
    private const int PatchRadius = 3;
    private const int SearchRadius = 10;
    private const float Strength = 10;

    // Larger pictures are cut to their middle: the time grows with the area, and the mark with the resolution.
    private const int MaxSide = 768;

    public static Image NonLocalMeans(Image picture)
    {
        var (cutWidth, cutHeight) = (Math.Min(MaxSide, picture.Width), Math.Min(MaxSide, picture.Height));
        using var image = picture.Crop((picture.Width - cutWidth) / 2, (picture.Height - cutHeight) / 2, cutWidth, cutHeight);
        var (width, height) = (image.Width, image.Height);
        var pixels = image.WriteToMemory<byte>();
        var sums = new float[pixels.Length];
        var weights = new float[width * height];
        var integral = new double[(width + 1) * (height + 1)];
        for (var dy = -SearchRadius; dy <= SearchRadius; dy++)
        {
            for (var dx = -SearchRadius; dx <= SearchRadius; dx++)
            {
                Integrate(pixels, width, height, dx, dy, integral);
                Accumulate(pixels, width, height, dx, dy, integral, sums, weights);
            }
        }

        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(MathF.Round(sums[i] / weights[i / 3]), 0, 255);
        }

        using var raw = Image.NewFromMemoryCopy(pixels, width, height, 3, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    /// <summary>Integral image of the squared difference between the picture and itself moved by (dx, dy).</summary>
    private static void Integrate(byte[] pixels, int width, int height, int dx, int dy, double[] integral)
    {
        for (var y = 0; y < height; y++)
        {
            var row = 0.0;
            var otherY = Math.Clamp(y + dy, 0, height - 1);
            for (var x = 0; x < width; x++)
            {
                var (a, b) = (3 * (y * width + x), 3 * (otherY * width + Math.Clamp(x + dx, 0, width - 1)));
                for (var c = 0; c < 3; c++)
                {
                    row += (pixels[a + c] - pixels[b + c]) * (pixels[a + c] - pixels[b + c]);
                }

                integral[(y + 1) * (width + 1) + x + 1] = integral[y * (width + 1) + x + 1] + row;
            }
        }
    }

    private static void Accumulate(byte[] pixels, int width, int height, int dx, int dy, double[] integral, float[] sums, float[] weights)
    {
        for (var y = 0; y < height; y++)
        {
            var (top, bottom) = (Math.Max(0, y - PatchRadius), Math.Min(height, y + PatchRadius + 1));
            for (var x = 0; x < width; x++)
            {
                var (left, right) = (Math.Max(0, x - PatchRadius), Math.Min(width, x + PatchRadius + 1));
                var sum = integral[bottom * (width + 1) + right] - integral[top * (width + 1) + right]
                    - integral[bottom * (width + 1) + left] + integral[top * (width + 1) + left];
                var distance = (float)(sum / (3.0 * (bottom - top) * (right - left)));
                var weight = MathF.Exp(-distance / (Strength * Strength));
                var from = 3 * (Math.Clamp(y + dy, 0, height - 1) * width + Math.Clamp(x + dx, 0, width - 1));
                var to = y * width + x;
                weights[to] += weight;
                for (var c = 0; c < 3; c++)
                {
                    sums[3 * to + c] += weight * pixels[from + c];
                }
            }
        }
    }
}
