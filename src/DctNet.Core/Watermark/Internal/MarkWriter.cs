using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>Adds a field to the pixels of a picture, as strongly as it may.</summary>
internal sealed class MarkWriter(PixelBuffer image, MarkField field) : IDisposable
{
    /// <summary>Mean squared error of rounding to whole grey levels.</summary>
    public const double RoundingError = 1.0 / 12;

    // A try aims this far below the limit, so that the next is rarely needed: 0.02 dB.
    private const double Backoff = 0.998;

    // Pixels whose steps are added at once; their 48 bytes are three vectors.
    private const int Lanes = 16;

    private readonly float[] _rows = ArrayPool<float>.Shared.Rent(2 * image.Width);
    private readonly byte[] _pixels = ArrayPool<byte>.Shared.Rent(image.Stride);

    /// <summary>
    /// The largest gain up to the given one that keeps both limits. What a mark costs grows with its squared error, and that with the square
    /// of the gain, but for the error of rounding, which is there at any gain.
    /// </summary>
    /// <param name="wanted">Gain to start from.</param>
    /// <param name="maxSquaredError">Largest mean squared error over the colour samples of visible pixels.</param>
    /// <param name="minSsim">Least SSIM.</param>
    /// <returns>The gain, and the cost that was measured with it: that of <see cref="Write"/>, to the last bit.</returns>
    public (float Gain, MarkCost Cost) Limit(float wanted, double maxSquaredError, double minSsim)
    {
        for (var gain = wanted; ;)
        {
            var cost = Measure(gain);
            var share = Math.Min(Share(maxSquaredError, cost.MeanSquaredError), Share(1 - minSsim, 1 - cost.Ssim));
            if (share >= 1)
            {
                return (gain, cost);
            }

            var rounding = cost.MeanSquaredError > 2 * RoundingError ? RoundingError : 0;
            var left = Math.Max(0, cost.MeanSquaredError * share - rounding) / (cost.MeanSquaredError - rounding);
            gain *= (float)(Backoff * Math.Sqrt(left));
        }

        static double Share(double allowed, double spent) => spent <= allowed ? 1 : allowed / spent;
    }

    /// <summary>Marks the picture.</summary>
    public void Write(float gain)
    {
        var delta = _rows.AsSpan(0, image.Width);
        for (var y = 0; y < image.Height; y++)
        {
            Steps(y, gain, delta);
            AddRow(image.Row(y), image.Row(y), image.Channels, delta);
        }
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_rows);
        ArrayPool<byte>.Shared.Return(_pixels);
    }

    /// <summary>What marking the picture would cost; it stays as it is.</summary>
    private MarkCost Measure(float gain)
    {
        var width = image.Width;
        var delta = _rows.AsSpan(0, width);
        var luma = _rows.AsSpan(width, width);
        using var meter = new SsimMeter(width);
        var (squaredError, samples) = (0L, 0L);
        for (var y = 0; y < image.Height; y++)
        {
            Steps(y, gain, delta);
            var source = image.Row(y);
            LumaRows.FromPixels(source, image.Channels, luma);
            var (rowError, rowSamples) = AddRow(source, _pixels.AsSpan(0, source.Length), image.Channels, delta);
            meter.AddRow(luma, delta);
            squaredError += rowError;
            samples += rowSamples;
        }

        return new MarkCost(samples == 0 ? 0 : (double)squaredError / samples, meter.Mean);
    }

    /// <summary>One row of the mark in whole grey levels.</summary>
    private void Steps(int y, float gain, Span<float> delta)
    {
        field.Row(y, delta);
        TensorPrimitives.Multiply(delta, gain, delta);
        TensorPrimitives.Round(delta, delta);
    }

    /// <summary>Adds whole grey levels to one row; where a pixel cannot take them, delta becomes the luma change it really got.</summary>
    internal static (long SquaredError, long Samples) AddRow(ReadOnlySpan<byte> source, Span<byte> target, int channels, Span<float> delta)
    {
        var (squaredError, samples) = (0L, 3L * delta.Length);
        var x = 0;
        while (x < delta.Length)
        {
            var wide = channels == 3 && x + Lanes <= delta.Length;
            var block = delta.Slice(x, wide ? Lanes : 1);
            if (wide && TryAdd(source.Slice(3 * x, 3 * Lanes), target.Slice(3 * x, 3 * Lanes), block, out var error))
            {
                squaredError += error;
                x += Lanes;
                continue;
            }

            for (var end = x + block.Length; x < end; x++)
            {
                var old = source.Slice(x * channels, channels);
                var opacity = channels == 4 ? old[3] : (byte)255;
                var step = opacity == 0 ? 0 : (int)delta[x];
                squaredError += AddWithCare(old, target.Slice(x * channels, channels), step, opacity, out delta[x]);
                samples -= opacity == 0 ? 3 : 0;
            }
        }

        return (squaredError, samples);
    }

    /// <summary>Adds its step to all three bytes of each of 16 pixels; false, and nothing written, where a step is no signed byte.</summary>
    private static bool TryAdd(ReadOnlySpan<byte> source, Span<byte> target, Span<float> delta, out int squaredError)
    {
        var (a, b, c, d) = (ToInt32(delta), ToInt32(delta[4..]), ToInt32(delta[8..]), ToInt32(delta[12..]));
        squaredError = 3 * Vector128.Sum(a * a + b * b + c * c + d * d);
        var (low, high) = (Vector128.Narrow(a, b), Vector128.Narrow(c, d));
        var steps = Vector128.Narrow(low, high);
        if (Vector128.Widen(steps) != (low, high))
        {
            return false;
        }

        var up = Vector128.Max(steps, Vector128<sbyte>.Zero).AsByte();
        var down = (-Vector128.Min(steps, Vector128<sbyte>.Zero)).AsByte();
        var clipped = Vector128<byte>.Zero;
        var first = Add(Vector128.Create((byte)0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5), source, target);
        var second = Add(Vector128.Create((byte)5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10), source[Lanes..], target[Lanes..]);
        var third = Add(
            Vector128.Create((byte)10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15), source[(2 * Lanes)..], target[(2 * Lanes)..]);
        if (clipped != Vector128<byte>.Zero)
        {
            squaredError = LumaRows.FromChanges(first, second, third, delta);
        }

        return true;

        Vector128<byte> Add(Vector128<byte> pixels, ReadOnlySpan<byte> source, Span<byte> target)
        {
            var (more, less) = (Vector128.ShuffleNative(up, pixels), Vector128.ShuffleNative(down, pixels));
            var old = Vector128.Create(source);
            var marked = Vector128.SubtractSaturate(Vector128.AddSaturate(old, more), less);
            marked.CopyTo(target);
            var change = marked - old;
            clipped |= change ^ (more - less);
            return change;
        }

        static Vector128<int> ToInt32(ReadOnlySpan<float> values) => Vector128.ConvertToInt32(Vector128.Create(values));
    }

    /// <summary>One pixel that may clip or be translucent.</summary>
    private static int AddWithCare(ReadOnlySpan<byte> old, Span<byte> marked, int step, byte opacity, out float lumaStep)
    {
        ReadOnlySpan<float> weights = [LumaRows.Red, LumaRows.Green, LumaRows.Blue];
        var squaredError = 0;
        lumaStep = 0;
        old.CopyTo(marked);
        for (var c = 0; c < 3; c++)
        {
            // Read before it is written, for old and marked may be the same.
            var before = old[c];
            marked[c] = (byte)Math.Clamp(before + step, 0, 255);
            var change = marked[c] - before;
            squaredError += change * change;
            lumaStep += weights[c] * change;
        }

        lumaStep *= opacity * (1f / 255);
        return squaredError;
    }
}

/// <summary>What a mark does to a picture.</summary>
/// <param name="MeanSquaredError">Over the colour samples of visible pixels.</param>
/// <param name="Ssim">Of the luma.</param>
internal readonly record struct MarkCost(double MeanSquaredError, double Ssim);
