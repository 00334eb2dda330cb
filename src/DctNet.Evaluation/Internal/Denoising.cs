using System.Numerics.Tensors;
using NetVips;

namespace DctNet.Evaluation;

/// <summary>
/// Denoisers that average every pixel with its surroundings, weighted by likeness. Both go shift by shift over whole rows; the picture's
/// outermost pixels are repeated around it.
/// </summary>
internal static class Denoising
{
    private const int Channels = 3;
    private const int PatchRadius = 3;
    private const int SearchRadius = 10;

    /// <summary>
    /// Non-local means (Buades et al. 2005): weight exp(−d/h²) with d the mean squared difference of patches of 7 × 7, in a window of
    /// 21 × 21.
    /// </summary>
    /// <param name="image">RGB.</param>
    /// <param name="strength">h, in grey levels.</param>
    public static Image NonLocalMeans(Image image, float strength)
    {
        var mean = new WeightedMean(image, SearchRadius + PatchRadius);
        var side = 2 * PatchRadius + 1;
        var wide = mean.Width + 2 * PatchRadius;
        var exponent = -1 / (strength * strength * Channels * side * side);
        var ring = new float[side * wide];
        var (columns, work, weight) = (new float[wide], new float[wide], new float[mean.Width]);
        for (var dy = -SearchRadius; dy <= SearchRadius; dy++)
        {
            for (var dx = -SearchRadius; dx <= SearchRadius; dx++)
            {
                Array.Clear(ring);
                Array.Clear(columns);
                for (var y = -PatchRadius; y < mean.Height + PatchRadius; y++)
                {
                    // All sums are of whole numbers below 2^24, so that adding and taking away leaves no error.
                    var newest = ring.AsSpan((y + PatchRadius) % side * wide, wide);
                    TensorPrimitives.Subtract(columns, newest, columns);
                    newest.Clear();
                    for (var c = 0; c < Channels; c++)
                    {
                        TensorPrimitives.Subtract(mean.Row(c, y, -PatchRadius, wide), mean.Row(c, y + dy, dx - PatchRadius, wide), work);
                        TensorPrimitives.MultiplyAdd(work, work, newest, newest);
                    }

                    TensorPrimitives.Add(columns, newest, columns);
                    if (y >= PatchRadius)
                    {
                        columns.AsSpan(0, mean.Width).CopyTo(weight);
                        for (var k = 1; k < side; k++)
                        {
                            TensorPrimitives.Add(weight, columns.AsSpan(k, mean.Width), weight);
                        }

                        TensorPrimitives.Multiply(weight, exponent, weight);
                        TensorPrimitives.Exp(weight, weight);
                        mean.Add(y - PatchRadius, dx, dy, weight);
                    }
                }
            }
        }

        return mean.Result();
    }

    /// <summary>Bilateral filter (Tomasi and Manduchi 1998) over a disc, the distance of colours being the sum over the channels.</summary>
    /// <param name="image">RGB.</param>
    /// <param name="diameter">Of the disc, in pixels; odd.</param>
    /// <param name="sigmaColour">In grey levels.</param>
    /// <param name="sigmaSpace">In pixels.</param>
    public static Image Bilateral(Image image, int diameter, float sigmaColour, float sigmaSpace)
    {
        var radius = diameter / 2;
        var mean = new WeightedMean(image, radius);
        var (work, weight) = (new float[mean.Width], new float[mean.Width]);
        for (var dy = -radius; dy <= radius; dy++)
        {
            for (var dx = -radius; dx <= radius; dx++)
            {
                var distance = dx * dx + dy * dy;
                if (distance > radius * radius)
                {
                    continue;
                }

                for (var y = 0; y < mean.Height; y++)
                {
                    Array.Clear(weight);
                    for (var c = 0; c < Channels; c++)
                    {
                        TensorPrimitives.Subtract(mean.Row(c, y, 0, mean.Width), mean.Row(c, y + dy, dx, mean.Width), work);
                        TensorPrimitives.Abs(work, work);
                        TensorPrimitives.Add(weight, work, weight);
                    }

                    TensorPrimitives.Multiply(weight, weight, weight);
                    TensorPrimitives.Multiply(weight, -0.5f / (sigmaColour * sigmaColour), weight);
                    TensorPrimitives.Add(weight, -0.5f * distance / (sigmaSpace * sigmaSpace), weight);
                    TensorPrimitives.Exp(weight, weight);
                    mean.Add(y, dx, dy, weight);
                }
            }
        }

        return mean.Result();
    }

    /// <summary>A picture as padded planes, and the weighted sums of its shifts.</summary>
    private sealed class WeightedMean
    {
        private readonly int _padding;
        private readonly int _stride;
        private readonly float[][] _planes = new float[Channels][];
        private readonly float[][] _sums = new float[Channels][];
        private readonly float[] _weights;

        public WeightedMean(Image image, int padding)
        {
            (Width, Height, _padding, _stride) = (image.Width, image.Height, padding, image.Width + 2 * padding);
            _weights = new float[Width * Height];
            using var padded = image.Embed(padding, padding, _stride, Height + 2 * padding, extend: Enums.Extend.Copy);
            for (var c = 0; c < Channels; c++)
            {
                using var band = padded[c].Cast(Enums.BandFormat.Float);
                (_planes[c], _sums[c]) = (band.WriteToMemory<float>(), new float[Width * Height]);
            }
        }

        public int Width { get; }

        public int Height { get; }

        public ReadOnlySpan<float> Row(int channel, int y, int x, int length) =>
            _planes[channel].AsSpan((y + _padding) * _stride + x + _padding, length);

        /// <summary>Adds the row that lies (dx, dy) away from row y.</summary>
        public void Add(int y, int dx, int dy, ReadOnlySpan<float> weight)
        {
            for (var c = 0; c < Channels; c++)
            {
                var sum = _sums[c].AsSpan(y * Width, Width);
                TensorPrimitives.MultiplyAdd(Row(c, y + dy, dx, Width), weight, sum, sum);
            }

            var weights = _weights.AsSpan(y * Width, Width);
            TensorPrimitives.Add(weights, weight, weights);
        }

        public Image Result()
        {
            var pixels = new byte[Channels * Width * Height];
            for (var c = 0; c < Channels; c++)
            {
                for (var i = 0; i < _weights.Length; i++)
                {
                    pixels[Channels * i + c] = (byte)MathF.Round(_sums[c][i] / _weights[i]);
                }
            }

            using var raw = Image.NewFromMemoryCopy(pixels, Width, Height, Channels, Enums.BandFormat.Uchar);
            return raw.Copy(interpretation: Enums.Interpretation.Srgb);
        }
    }
}
