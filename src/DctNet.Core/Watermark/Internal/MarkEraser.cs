using System.Numerics.Tensors;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>
/// Takes a mark whose id and place are known out of a picture, so that the next one wins. Of a picture that nothing was done to, a trace is
/// left that a detector could read if there were nothing else; any mark written afterwards is many times stronger.
/// </summary>
internal static class MarkEraser
{
    private const int N = CarrierGrid.TileSize;

    // A usual strength in grey levels, to start from; twice refined.
    private const float FirstGain = 1.5f;
    private const float LargestGain = 8;
    private const int Steps = 3;

    /// <param name="image">Changed in place; fully transparent pixels are left alone.</param>
    /// <param name="schedule">Of the key the mark was made with.</param>
    /// <param name="id">The mark's id.</param>
    /// <param name="transform">Where it is.</param>
    public static void Erase(PixelBuffer image, KeySchedule schedule, WatermarkId id, TransformEstimate transform)
    {
        using var luma = CanonicalPicture.Of(image);
        using var placed = new Plane(luma.Width, luma.Height);
        Fill(placed, MarkTile.Synthesise(schedule, id), transform, image.Width / (double)luma.Width, image.Height / (double)luma.Height);
        using var field = BestField(luma, placed);
        var gain = Gain(luma, field);
        using var wide = Resampler.Resize(new PlaneRows(field), image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            Subtract(image.Row(y), image.Channels, wide.Row(y), gain);
        }
    }

    /// <summary>How much of the field is in the residual of what is left when the mark is taken out at a gain.</summary>
    internal static float Correlation(Plane luma, Plane field, float gain)
    {
        using var rest = new Plane(luma.Width, luma.Height);
        TensorPrimitives.MultiplyAdd(field.Span, -gain, luma.Span, rest.Span);
        GuidedResidual.Replace(rest);
        return TensorPrimitives.Dot<float>(rest.Span, field.Span);
    }

    /// <summary>The tile under the mask it was most likely written with.</summary>
    private static Plane BestField(Plane luma, Plane placed)
    {
        Plane? best = null;
        var bestFit = float.NegativeInfinity;
        foreach (var shape in MaskShape.All)
        {
            var field = PerceptualMask.Of(luma, shape);
            TensorPrimitives.Multiply(field.Span, placed.Span, field.Span);
            var fit = Correlation(luma, field, gain: 0) / TensorPrimitives.Norm<float>(field.Span);
            (best, var worse) = fit > bestFit ? (field, best) : (best, field);
            bestFit = Math.Max(fit, bestFit);
            worse?.Dispose();
        }

        return best!;
    }

    /// <summary>Writes the tile to a canonical plane as the transform put it there (Catmull-Rom).</summary>
    private static void Fill(Plane plane, float[] tile, TransformEstimate transform, double stepX, double stepY)
    {
        Span<float> across = stackalloc float[4];
        for (var py = 0; py < plane.Height; py++)
        {
            var row = plane.Row(py);
            for (var px = 0; px < row.Length; px++)
            {
                var (x, y) = transform.ToCanonical((px + 0.5) * stepX - 0.5, (py + 0.5) * stepY - 0.5);
                var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
                for (var k = 0; k < across.Length; k++)
                {
                    across[k] = (float)ResampleTaps.CatmullRom(x - (left + k - 1));
                }

                var sum = 0f;
                for (var i = -1; i <= 2; i++)
                {
                    var line = tile.AsSpan(((top + i) & (N - 1)) * N, N);
                    var along = 0f;
                    for (var k = 0; k < across.Length; k++)
                    {
                        along += across[k] * line[(left + k - 1) & (N - 1)];
                    }

                    sum += along * (float)ResampleTaps.CatmullRom(y - (top + i));
                }

                row[px] = sum;
            }
        }
    }

    /// <summary>The gain after whose removal the residual no longer correlates with the field: secant steps.</summary>
    private static float Gain(Plane luma, Plane field)
    {
        var (last, gain) = (0f, FirstGain);
        var lastCorrelation = Correlation(luma, field, last);
        for (var i = 0; i < Steps; i++)
        {
            var correlation = Correlation(luma, field, gain);
            var slope = (correlation - lastCorrelation) / (gain - last);
            if (!(slope < 0))
            {
                break;
            }

            (last, lastCorrelation, gain) = (gain, correlation, Math.Clamp(gain - correlation / slope, 0, LargestGain));
            if (gain == last)
            {
                break;
            }
        }

        return gain;
    }

    private static void Subtract(Span<byte> pixels, int channels, ReadOnlySpan<float> field, float gain)
    {
        for (int x = 0, i = 0; x < field.Length; x++, i += channels)
        {
            if (channels == 4 && pixels[i + 3] == 0)
            {
                continue;
            }

            var step = (int)MathF.Round(gain * field[x]);
            for (var c = i; c < i + 3; c++)
            {
                pixels[c] = (byte)Math.Clamp(pixels[c] - step, 0, 255);
            }
        }
    }
}
