using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>Adds a field to the pixels of a picture, or measures what adding it would do.</summary>
internal sealed class MarkWriter(PixelBuffer image, MarkField field) : IDisposable
{
    // A dry run looks at bands of 16 rows out of 64: each gives six rows of whole SSIM windows.
    private const int BandRows = 16;
    private const int BandPeriod = 64;

    // When the sample says the limit is this near (as a share of the allowed loss), the whole picture is measured.
    private const double CloseToLimit = 0.85;

    // Rounding to whole levels costs a little SSIM at any gain, so the square law is helped along.
    private const double Backoff = 0.99;

    // Pixels whose steps are added at once; their 48 bytes are three vectors.
    private const int Lanes = 16;

    private readonly float[] _rows = ArrayPool<float>.Shared.Rent(2 * image.Width);
    private readonly byte[] _pixels = ArrayPool<byte>.Shared.Rent(image.Stride);

    /// <summary>The largest gain up to the given one that keeps SSIM. The loss 1 − SSIM grows with the square of the gain.</summary>
    public float LimitBySsim(float gain, double minSsim)
    {
        var allowed = 1 - minSsim;
        var loss = 1 - Run(gain, write: false, BandPeriod).Ssim;
        if (loss <= CloseToLimit * allowed)
        {
            return gain;
        }

        gain *= (float)Math.Min(1, Math.Sqrt(allowed / loss));
        while ((loss = 1 - Run(gain, write: false, BandRows).Ssim) > allowed)
        {
            gain *= (float)(Backoff * Math.Sqrt(allowed / loss));
        }

        return gain;
    }

    /// <summary>Marks the picture.</summary>
    /// <returns>Mean squared error over the colour samples of visible pixels, and SSIM.</returns>
    public (double MeanSquaredError, double Ssim) Write(float gain) => Run(gain, write: true, BandRows);

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_rows);
        ArrayPool<byte>.Shared.Return(_pixels);
    }

    private (double MeanSquaredError, double Ssim) Run(float gain, bool write, int bandPeriod)
    {
        var width = image.Width;
        var delta = _rows.AsSpan(0, width);
        var luma = _rows.AsSpan(width, width);
        using var meter = new SsimMeter(width);
        var (squaredError, samples) = (0L, 0L);
        for (var y = 0; y < image.Height; y++)
        {
            if (bandPeriod > BandRows && y % bandPeriod >= BandRows)
            {
                meter.StartBand();
                continue;
            }

            field.Row(y, delta);
            TensorPrimitives.Multiply(delta, gain, delta);
            TensorPrimitives.Round(delta, delta);
            var source = image.Row(y);
            LumaRows.FromPixels(source, image.Channels, luma);
            var (rowError, rowSamples) = AddRow(source, write ? source : _pixels.AsSpan(0, source.Length), image.Channels, delta);
            meter.AddRow(luma, delta);
            squaredError += rowError;
            samples += rowSamples;
        }

        return (samples == 0 ? 0 : (double)squaredError / samples, meter.Mean);
    }

    /// <summary>Adds whole grey levels to one row; where a pixel cannot take them, delta becomes the luma change it really got.</summary>
    private static (long SquaredError, long Samples) AddRow(ReadOnlySpan<byte> source, Span<byte> target, int channels, Span<float> delta)
    {
        var (squaredError, samples) = (0L, 3L * delta.Length);
        var x = 0;
        while (x < delta.Length)
        {
            var wide = channels == 3 && x + Lanes <= delta.Length;
            var block = delta.Slice(x, wide ? Lanes : 1);
            if (wide && TryAdd(source.Slice(3 * x, 3 * Lanes), target.Slice(3 * x, 3 * Lanes), block))
            {
                squaredError += 3 * (long)TensorPrimitives.SumOfSquares<float>(block);
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

    /// <summary>Adds its step to all three bytes of each of 16 pixels; false, and nothing written, where one would clip.</summary>
    private static bool TryAdd(ReadOnlySpan<byte> source, Span<byte> target, ReadOnlySpan<float> delta)
    {
        var low = Vector128.Narrow(ToInt32(delta), ToInt32(delta[4..]));
        var high = Vector128.Narrow(ToInt32(delta[8..]), ToInt32(delta[12..]));
        var steps = Vector128.Narrow(low, high);
        var fits = Vector128.Widen(steps) == (low, high);
        var first = Add(Vector128.Create((sbyte)0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5), source);
        var second = Add(Vector128.Create((sbyte)5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10), source[Lanes..]);
        var third = Add(Vector128.Create((sbyte)10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15), source[(2 * Lanes)..]);

        // Only now, for source and target may be the same.
        if (fits)
        {
            first.CopyTo(target);
            second.CopyTo(target[Lanes..]);
            third.CopyTo(target[(2 * Lanes)..]);
        }

        return fits;

        Vector128<byte> Add(Vector128<sbyte> pixels, ReadOnlySpan<byte> source)
        {
            var (step, old) = (Vector128.Shuffle(steps, pixels), Vector128.Create(source));
            var sum = old + step.AsByte();

            // Past the end of the bytes a sum lies on the wrong side.
            fits &= Vector128.GreaterThan(sum, old) == Vector128.GreaterThan(step, Vector128<sbyte>.Zero).AsByte();
            return sum;
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
