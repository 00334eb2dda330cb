namespace DctNet.ModelTools.Tests;

/// <summary>DCT-Net written down plainly, pixel by pixel, from its published inference code: what every conversion must agree with.</summary>
internal static class NaiveDctNet
{
    private sealed record Map(int Height, int Width, int Channels, float[] Values)
    {
        public float At(int y, int x, int c) => Values[(((y * Width) + x) * Channels) + c];
    }

    /// <param name="weights">The network's.</param>
    /// <param name="picture">B, G, R, 0..255.</param>
    /// <param name="height">A multiple of 4.</param>
    /// <param name="width">A multiple of 4.</param>
    public static float[] Run(DctNetWeights weights, float[] picture, int height, int width)
    {
        var layer = 0;
        var x = new Map(height, width, 3, Array.ConvertAll(picture, value => (value / 127.5f) - 1));
        var full = Active(Conv(x, 1));
        var half = Active(Conv(Active(Conv(full, 2)), 1));
        var deep = Active(Conv(Active(Conv(half, 2)), 1));
        for (var block = 0; block < 4; block++)
        {
            deep = Zip(Conv(Active(Conv(deep, 1)), 1), deep, (a, b) => a + b);
        }

        var up = Zip(Doubled(Active(Conv(deep, 1))), half, (a, b) => a + b);
        up = Active(Conv(Active(Conv(up, 1)), 1));
        up = Active(Conv(Zip(Doubled(up), full, (a, b) => a + b), 1));
        var result = Guided(x, Conv(up, 1));
        return Array.ConvertAll(result.Values, value => (Math.Clamp(value, -0.999999f, 0.999999f) + 1) * 127.5f);

        Map Conv(Map input, int stride)
        {
            var (kernel, bias) = weights.Layers[layer++];
            return Convolution(input, kernel, bias, stride);
        }
    }

    private static Map Convolution(Map input, Tensor kernel, float[] bias, int stride)
    {
        var (side, channels) = (kernel.Shape[0], bias.Length);
        var (height, width) = (input.Height / stride, input.Width / stride);
        var (top, left) = (Math.Max(0, ((height - 1) * stride) + side - input.Height) / 2, Math.Max(0, ((width - 1) * stride) + side - input.Width) / 2);
        var values = new float[height * width * channels];
        Parallel.For(0, height, y =>
        {
            var sums = new double[channels];
            for (var x = 0; x < width; x++)
            {
                for (var o = 0; o < channels; o++)
                {
                    sums[o] = bias[o];
                }

                for (var tap = 0; tap < side * side; tap++)
                {
                    var (row, column) = ((y * stride) + (tap / side) - top, (x * stride) + (tap % side) - left);
                    if (row < 0 || row >= input.Height || column < 0 || column >= input.Width)
                    {
                        continue;
                    }

                    for (var c = 0; c < input.Channels; c++)
                    {
                        var value = input.At(row, column, c);
                        var start = ((tap * input.Channels) + c) * channels;
                        for (var o = 0; o < channels; o++)
                        {
                            sums[o] += value * kernel.Values[start + o];
                        }
                    }
                }

                for (var o = 0; o < channels; o++)
                {
                    values[(((y * width) + x) * channels) + o] = (float)sums[o];
                }
            }
        });
        return new Map(height, width, channels, values);
    }

    private static Map Active(Map x) => x with { Values = Array.ConvertAll(x.Values, value => value < 0 ? 0.2f * value : value) };

    // TensorFlow's old bilinear: pixel y of the result lies at y / 2.
    private static Map Doubled(Map x)
    {
        var result = new Map(x.Height * 2, x.Width * 2, x.Channels, new float[x.Values.Length * 4]);
        for (var i = 0; i < result.Values.Length; i++)
        {
            var (c, column, row) = (i % x.Channels, i / x.Channels % result.Width, i / x.Channels / result.Width);
            var (y, z) = (row / 2, column / 2);
            var (below, right) = (Math.Min(y + (row % 2), x.Height - 1), Math.Min(z + (column % 2), x.Width - 1));
            result.Values[i] = (x.At(y, z, c) + x.At(y, right, c) + x.At(below, z, c) + x.At(below, right, c)) / 4;
        }

        return result;
    }

    private static Map Guided(Map x, Map y)
    {
        var (meanX, meanY) = (Mean(x), Mean(y));
        var covariance = Zip(Mean(Zip(x, y, (a, b) => a * b)), Zip(meanX, meanY, (a, b) => a * b), (a, b) => a - b);
        var variance = Zip(Mean(Zip(x, x, (a, b) => a * b)), Zip(meanX, meanX, (a, b) => a * b), (a, b) => a - b);
        var slope = Zip(covariance, variance, (a, b) => a / (b + 0.01f));
        var offset = Zip(meanY, Zip(slope, meanX, (a, b) => a * b), (a, b) => a - b);
        return Zip(Zip(Mean(slope), x, (a, b) => a * b), Mean(offset), (a, b) => a + b);
    }

    private static Map Mean(Map x)
    {
        var result = x with { Values = new float[x.Values.Length] };
        for (var i = 0; i < result.Values.Length; i++)
        {
            var (c, column, row) = (i % x.Channels, i / x.Channels % x.Width, i / x.Channels / x.Width);
            var (sum, count) = (0.0, 0);
            for (var y = Math.Max(0, row - 1); y <= Math.Min(x.Height - 1, row + 1); y++)
            {
                for (var z = Math.Max(0, column - 1); z <= Math.Min(x.Width - 1, column + 1); z++)
                {
                    (sum, count) = (sum + x.At(y, z, c), count + 1);
                }
            }

            result.Values[i] = (float)(sum / count);
        }

        return result;
    }

    private static Map Zip(Map a, Map b, Func<float, float, float> function) =>
        a with { Values = [.. a.Values.Zip(b.Values, function)] };
}
