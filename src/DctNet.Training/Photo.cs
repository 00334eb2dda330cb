using System.Numerics;
using DctNet.Core.Imaging;
using NetVips;

namespace DctNet.Training;

/// <summary>A decoded photo: 8-bit sRGB, interleaved <c>[Height, Width, 3]</c>, upright.</summary>
internal sealed record Photo(byte[] Pixels, int Width, int Height)
{
    /// <param name="path">A picture file.</param>
    /// <param name="shortSide">The short side is brought down to this many pixels; smaller photos stay as they are.</param>
    public static Photo Load(string path, int shortSide)
    {
        using var full = Image.NewFromFile(path).Autorot();
        var scale = Math.Min(1.0, (double)shortSide / Math.Min(full.Width, full.Height));
        using var sized = scale < 1 ? full.Resize(scale) : full.Copy();
        using var colour = sized.Colourspace(Enums.Interpretation.Srgb);
        using var flat = colour.HasAlpha() ? colour.Flatten([255, 255, 255]) : colour.Copy();
        using var bytes = flat.Cast(Enums.BandFormat.Uchar);
        return new Photo(bytes.WriteToMemory<byte>(), bytes.Width, bytes.Height);
    }

    /// <summary>A copy in pooled memory; the caller disposes it.</summary>
    public PixelBuffer ToPixelBuffer()
    {
        var buffer = new PixelBuffer(Width, Height, 3);
        Pixels.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Pads right and bottom with white up to a multiple of <paramref name="multiple"/>, as the official pipeline does.</summary>
    public Photo PadTo(int multiple)
    {
        var (width, height) = ((Width + multiple - 1) / multiple * multiple, (Height + multiple - 1) / multiple * multiple);
        if ((width, height) == (Width, Height))
        {
            return this;
        }

        var padded = new byte[width * height * 3];
        padded.AsSpan().Fill(255);
        for (var y = 0; y < Height; y++)
        {
            Pixels.AsSpan(y * Width * 3, Width * 3).CopyTo(padded.AsSpan(y * width * 3));
        }

        return new Photo(padded, width, height);
    }

    /// <summary>Mirrored left to right.</summary>
    public Photo Mirrored()
    {
        using var image = ToImage();
        using var mirrored = image.FlipHor();
        return this with { Pixels = mirrored.WriteToMemory<byte>() };
    }

    /// <summary>With <paramref name="amount"/> times what a Gaussian blur of <paramref name="deviation"/> pixels takes away added.</summary>
    public Photo Sharpened(float deviation, float amount)
    {
        using var levels = ToImage();
        using var image = levels.Cast(Enums.BandFormat.Float);
        using var blurred = image.Gaussblur(deviation);
        using var detail = image - blurred;
        using var added = detail * amount;
        using var sum = image + added;
        using var rounded = sum.Rint();
        using var sharpened = rounded.Cast(Enums.BandFormat.Uchar);
        return this with { Pixels = sharpened.WriteToMemory<byte>() };
    }

    /// <summary>Bent, by bicubic interpolation; where that leaves the picture, its edge repeats.</summary>
    public Photo Bent(Bend bend)
    {
        var places = new float[Width * Height * 2];
        for (var i = 0; i < Width * Height; i++)
        {
            var place = bend.From(new Vector2(i % Width, i / Width));
            (places[2 * i], places[(2 * i) + 1]) = (Math.Clamp(place.X, 0, Width - 1), Math.Clamp(place.Y, 0, Height - 1));
        }

        using var image = ToImage();
        using var map = Image.NewFromMemory(places, Width, Height, 2, Enums.BandFormat.Float);
        using var interpolator = Interpolate.NewFromName("bicubic");
        using var bent = image.Mapim(map, interpolator, extend: Enums.Extend.Copy);
        return this with { Pixels = bent.WriteToMemory<byte>() };
    }

    /// <summary>
    /// Here and there another photo of the same size, softly from one to the other. Its colours are brought to this one's first, by their means and
    /// deviations around a place, so that a face of two has one skin.
    /// </summary>
    /// <param name="other">The other photo.</param>
    /// <param name="share">Where it is seen: where this is above 0, wholly from 0.25 on.</param>
    /// <param name="middle">The place.</param>
    /// <param name="radius">How far around it, in pixels.</param>
    public Photo Mixed(Photo other, SlowWaves share, Vector2 middle, float radius)
    {
        int[] around = [.. Enumerable.Range(0, Width * Height).Where(i => Vector2.Distance(new Vector2(i % Width, i / Width), middle) < radius)];
        var result = Pixels.ToArray();
        var parts = new float[Width * Height];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Math.Clamp(share.At(new Vector2(i % Width, i / Width)) * 4, 0, 1);
        }

        for (var c = 0; c < 3; c++)
        {
            var ((mean, deviation), (otherMean, otherDeviation)) = (Moments(Pixels, c), Moments(other.Pixels, c));
            var gain = Math.Clamp(deviation / otherDeviation, 0.5f, 2);
            for (var i = 0; i < parts.Length; i++)
            {
                var (here, there) = (Pixels[(i * 3) + c], mean + (gain * (other.Pixels[(i * 3) + c] - otherMean)));
                result[(i * 3) + c] = (byte)Math.Clamp(MathF.Round(here + (parts[i] * (there - here))), 0, 255);
            }
        }

        return this with { Pixels = result };

        (float Mean, float Deviation) Moments(byte[] pixels, int c)
        {
            var mean = around.Average(i => (float)pixels[(i * 3) + c]);
            return (mean, 1 + MathF.Sqrt(around.Average(i => (pixels[(i * 3) + c] - mean) * (pixels[(i * 3) + c] - mean))));
        }
    }

    /// <summary>The same pixels for libvips; the caller disposes it.</summary>
    public Image ToImage() => Image.NewFromMemory(Pixels, Width, Height, 3, Enums.BandFormat.Uchar);

    /// <summary>
    /// The same photo under another light: exposure, gamma, white balance and saturation drawn from <paramref name="random"/>. The teacher
    /// sees the changed photo, so the pair stays true; jittering a finished pair would teach the student to leave sketches tinted.
    /// </summary>
    public Photo Relit(Random random)
    {
        double Draw(double low, double high) => low + (random.NextDouble() * (high - low));
        var (gain, gamma, saturation) = (Draw(0.7, 1.15), Draw(0.8, 1.25), Draw(0.6, 1.2));
        double[] balance = [Draw(0.92, 1.08), Draw(0.97, 1.03), Draw(0.92, 1.08)];
        var result = new byte[Pixels.Length];
        for (var i = 0; i < Pixels.Length; i += 3)
        {
            // BT.601 luma weights.
            var luma = (0.299 * Pixels[i]) + (0.587 * Pixels[i + 1]) + (0.114 * Pixels[i + 2]);
            for (var c = 0; c < 3; c++)
            {
                var saturated = Math.Clamp((luma + (saturation * (Pixels[i + c] - luma))) / 255, 0, 1);
                result[i + c] = (byte)Math.Clamp(Math.Round(255 * gain * balance[c] * Math.Pow(saturated, gamma)), 0, 255);
            }
        }

        return new Photo(result, Width, Height);
    }
}
