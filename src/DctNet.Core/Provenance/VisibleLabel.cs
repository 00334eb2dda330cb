using DctNet.Core.Imaging;

namespace DctNet.Core.Provenance;

/// <summary>
/// The label that people see: "AI生成 / AI generated" in white on a darkened plate in the lower right corner, as GB 45438-2025, 4.2 asks for.
/// </summary>
/// <remarks>The glyphs are a picture made from Noto Sans CJK by <c>Assets/visible-label.cs</c>: no font, no text shaping at run time.</remarks>
public static class VisibleLabel
{
    /// <summary>Height of its capitals, the lowest of its full-height letters, over the picture's shortest side; the standard's least is 5 %.</summary>
    public const double HeightShare = 0.05;

    /// <summary>Below this height of the capitals strokes run together, pixels; smaller pictures get what fits.</summary>
    private const int MinLegible = 10;

    /// <summary>Rows of the glyph picture that a capital fills.</summary>
    private const int CapitalRows = 94;

    /// <summary>
    /// How much of what is under the plate is taken away. On pure white it leaves #666666, against which white has a contrast of 5.7:1; WCAG
    /// 2.2 (1.4.3) asks for 4.5:1.
    /// </summary>
    private const double PlateOpacity = 0.6;

    private static readonly byte[] s_file = LoadFile();

    /// <summary>Draws the label into the picture.</summary>
    public static void Draw(PixelBuffer pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        using var whole = Decode();
        var (width, height) = GlyphSize(whole, pixels.Width, pixels.Height);
        var padding = Math.Max(1, height / 4);
        var margin = Math.Min(padding, Math.Min(pixels.Width - width, pixels.Height - height) / 4);
        padding = Math.Min(padding, Math.Min(pixels.Width - width, pixels.Height - height) / 2 - margin);
        var (left, top) = (pixels.Width - margin - padding - width, pixels.Height - margin - padding - height);

        using var glyphs = ImageResizer.Resize(whole, width, height, ResizeFilter.Linear);
        for (var y = top - padding; y < top + height + padding; y++)
        {
            var row = pixels.Row(y);
            var coverage = y >= top && y < top + height ? glyphs.Row(y - top) : [];
            for (var x = left - padding; x < left + width + padding; x++)
            {
                var pixel = row.Slice(x * pixels.Channels, pixels.Channels);
                Lay(pixel, 0, PlateOpacity);
                if (!coverage.IsEmpty && x >= left && x < left + width)
                {
                    Lay(pixel, 255, coverage[(x - left) * glyphs.Channels] / 255.0);
                }
            }
        }
    }

    /// <summary>Size of the whole text, pixels: capitals of 5 % of the shortest side and never illegible, but never wider than the picture.</summary>
    private static (int Width, int Height) GlyphSize(PixelBuffer glyphs, int width, int height)
    {
        var capital = Math.Max(MinLegible, HeightShare * Math.Min(width, height));
        var fits = Math.Min((double)width / glyphs.Width, (double)height / glyphs.Height);
        var scale = Math.Min(capital / CapitalRows, fits * 0.9);

        // Rounded up: one row too few would be under the standard's least.
        return (Math.Min(width, (int)Math.Ceiling(glyphs.Width * scale)), Math.Min(height, (int)Math.Ceiling(glyphs.Height * scale)));
    }

    /// <summary>Porter and Duff's "over" of one grey, on straight alpha.</summary>
    private static void Lay(Span<byte> pixel, int grey, double opacity)
    {
        var under = pixel.Length == 4 ? pixel[3] / 255.0 : 1;
        var alpha = opacity + (under * (1 - opacity));
        if (alpha == 0)
        {
            return;
        }

        for (var channel = 0; channel < 3; channel++)
        {
            pixel[channel] = (byte)Math.Round(((grey * opacity) + (pixel[channel] * under * (1 - opacity))) / alpha);
        }

        if (pixel.Length == 4)
        {
            pixel[3] = (byte)Math.Round(alpha * 255);
        }
    }

    /// <summary>Decoded for each label, in a few milliseconds: pixels are pooled, and a buffer that is kept is one that never comes back.</summary>
    private static PixelBuffer Decode()
    {
        var decoded = ImageProbe.Read(s_file, new ImageLimits()).TryGet(out var header, out var failure)
            ? ImageDecoder.Decode(s_file, header)
            : failure;
        return decoded.TryGet(out var glyphs, out failure) ? glyphs.Pixels : throw new InvalidOperationException(failure.Message);
    }

    private static byte[] LoadFile()
    {
        using var resource = typeof(VisibleLabel).Assembly.GetManifestResourceStream("visible-label.png")!;
        var file = new byte[resource.Length];
        resource.ReadExactly(file);
        return file;
    }
}
