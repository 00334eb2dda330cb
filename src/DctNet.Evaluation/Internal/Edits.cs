using NetVips;

namespace DctNet.Evaluation;

/// <summary>The building blocks of attacks: RGB in, RGB out.</summary>
internal static class Edits
{
    private static readonly double[] s_grey = [128, 128, 128];

    // Rows of five-by-seven letters, the leftmost pixel in bit 4. Drawn here, because fonts differ from machine to machine.
    private static readonly byte[][] s_caption =
    [
        [0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E], // S
        [0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11], // A
        [0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11], // M
        [0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10], // P
        [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F], // L
        [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F], // E
    ];

    public static Func<Image, Image> Chain(params Func<Image, Image>[] edits) =>
        image => edits.Aggregate(image, (current, edit) => edit(current));

    public static Func<Image, Image> Jpeg(int quality) => image => Image.NewFromBuffer(image.JpegsaveBuffer(q: quality));

    public static Func<Image, Image> WebP(int quality) => image => Image.NewFromBuffer(image.WebpsaveBuffer(q: quality));

    public static Func<Image, Image> Avif(int quality) =>
        image => Image.NewFromBuffer(image.HeifsaveBuffer(q: quality, compression: Enums.ForeignHeifCompression.Av1));

    /// <summary>A palette of 2^bits colours made for the picture.</summary>
    /// <param name="bits">1 to 8.</param>
    /// <param name="dither">How much of the error is diffused, 0 to 1.</param>
    public static Func<Image, Image> Palette(int bits, double dither) => image =>
        Rgb(Image.NewFromBuffer(image.GifsaveBuffer(bitdepth: bits, dither: dither)));

    public static Func<Image, Image> Resize(double scale) =>
        image => image.Resize(scale, kernel: scale < 1 ? Enums.Kernel.Lanczos3 : Enums.Kernel.Cubic);

    /// <summary>Width over height times the given factor, at the same area.</summary>
    public static Func<Image, Image> Stretch(double aspect) => image => image.Resize(Math.Sqrt(aspect), vscale: 1 / Math.Sqrt(aspect));

    /// <summary>Clockwise, the canvas enlarged to hold everything.</summary>
    public static Func<Image, Image> Rotate(double degrees) =>
        image => image.Rotate(degrees, interpolate: Interpolate.NewFromName("bicubic"), background: s_grey);

    public static Func<Image, Image> Shear(double degrees) =>
        image => image.Affine([1, Math.Tan(double.DegreesToRadians(degrees)), 0, 1], background: s_grey);

    public static Func<Image, Image> Linear(double factor, double offset) => image => Bytes(image.Linear([factor], [offset]));

    /// <summary>Keeps a share of the area: a third from the left, the middle of the height.</summary>
    public static Func<Image, Image> Crop(double area) => image =>
    {
        var (width, height) = ((int)(image.Width * Math.Sqrt(area)), (int)(image.Height * Math.Sqrt(area)));
        return image.Crop((image.Width - width) / 3, (image.Height - height) / 2, width, height);
    };

    /// <summary>Gaussian, in every channel on its own.</summary>
    public static Func<Image, Image> Noise(double sigma) => image =>
    {
        Image Band(int seed) => Image.Gaussnoise(image.Width, image.Height, sigma: sigma, mean: 0, seed: seed);
        return Bytes((image + Band(1).Bandjoin(Band(2), Band(3))).Rint());
    };

    /// <summary>Gaussian, out to where it has fallen to a two-hundredth: the library's own cut, at a fifth, leaves a sixth less of blur.</summary>
    public static Func<Image, Image> Blur(double sigma) => image => image.Gaussblur(sigma, minAmpl: 0.005);

    public static Func<Image, Image> Median(int side) => image => image.Median(side);

    /// <summary>The mean of some pixels of a row.</summary>
    public static Func<Image, Image> MotionBlur(int length) =>
        image => Bytes(image.Conv(Image.NewFromArray(new[] { Enumerable.Repeat(1.0, length).ToArray() }, length)));

    public static Func<Image, Image> Gamma(double exponent) => image => Bytes(image.Gamma(exponent: exponent));

    public static Image Gray(Image image) => image.Colourspace(Enums.Interpretation.Bw).Colourspace(Enums.Interpretation.Srgb);

    /// <summary>In CIE LCh.</summary>
    public static Func<Image, Image> Saturation(double factor) => image => image
        .Colourspace(Enums.Interpretation.Lch).Linear([1, factor, 1], [0, 0, 0]).Colourspace(Enums.Interpretation.Srgb);

    /// <summary>In HSV, as editors do it: luma changes with the colour.</summary>
    public static Func<Image, Image> Hue(double degrees) => image =>
    {
        using var hsv = image.Colourspace(Enums.Interpretation.Hsv);
        using var hue = (hsv[0] + Math.Round(degrees / 360 * 256)).Cast(Enums.BandFormat.Ushort) & 255;
        return hue.Cast(Enums.BandFormat.Uchar).Bandjoin(hsv[1], hsv[2])
            .Copy(interpretation: Enums.Interpretation.Hsv).Colourspace(Enums.Interpretation.Srgb);
    };

    /// <summary>One pixel in a hundred white, one black.</summary>
    public static Image SaltAndPepper(Image image)
    {
        const double OneInAHundred = 2.326;
        var chance = Image.Gaussnoise(image.Width, image.Height, sigma: 1, mean: 0, seed: 5);
        return Bytes((chance > OneInAHundred).Ifthenelse(255, (chance < -OneInAHundred).Ifthenelse(0, image)));
    }

    /// <summary>One horizontal edge shorter than the other by a share, and distances between them to match.</summary>
    public static Func<Image, Image> Perspective(double share) => image =>
    {
        var xy = Image.Xyz(image.Width, image.Height);
        var middle = image.Width / 2.0;
        var depth = xy[1] * (share / image.Height) + 1;
        var source = ((xy[0] - middle) * depth + middle).Bandjoin(xy[1] * depth * (1 - 0.75 * share));
        return image.Mapim(source, interpolate: Interpolate.NewFromName("bicubic"));
    };

    /// <summary>A caption in white on a dark bar near the lower edge, a tenth of the height.</summary>
    public static Image Caption(Image image)
    {
        var (bar, pixel) = (image.Height / 10, Math.Max(1, image.Height / 120));
        var (left, top) = (image.Width / 12, image.Height * 8 / 10);
        return image.Mutate(mutable =>
        {
            mutable.DrawRect([20, 20, 20], 0, top, image.Width, bar, fill: true);
            for (var letter = 0; letter < s_caption.Length; letter++)
            {
                for (var y = 0; y < 7; y++)
                {
                    for (var x = 0; x < 5; x++)
                    {
                        if (((s_caption[letter][y] >> (4 - x)) & 1) != 0)
                        {
                            var (px, py) = (left + (6 * letter + x) * pixel, top + bar / 5 + y * pixel);
                            mutable.DrawRect([250, 250, 250], px, py, pixel, pixel, fill: true);
                        }
                    }
                }
            }
        });
    }

    /// <summary>A smiling face over a third of the short side, right of the middle.</summary>
    public static Image Emoji(Image image)
    {
        var radius = Math.Min(image.Width, image.Height) / 6;
        var (x, y) = (image.Width * 5 / 8, image.Height * 3 / 8);
        return image.Mutate(mutable =>
        {
            mutable.DrawCircle([90, 60, 10], x, y, radius, fill: true);
            mutable.DrawCircle([255, 205, 60], x, y, radius * 19 / 20, fill: true);
            mutable.DrawCircle([60, 40, 20], x, y + radius / 4, radius / 2, fill: true);
            mutable.DrawRect([255, 205, 60], x - radius / 2, y - radius / 4, radius + 1, radius / 2, fill: true);
            mutable.DrawCircle([60, 40, 20], x - radius / 3, y - radius / 4, radius / 8, fill: true);
            mutable.DrawCircle([60, 40, 20], x + radius / 3, y - radius / 4, radius / 8, fill: true);
        });
    }

    /// <summary>A white frame around the picture, a tenth of its width.</summary>
    public static Image Frame(Image image)
    {
        var width = Math.Max(4, image.Width / 10);
        return image.Embed(width, width, image.Width + 2 * width, image.Height + 2 * width, background: [255, 255, 255]);
    }

    /// <summary>A window's border and title around it, and a little of the picture's lower right cut off.</summary>
    public static Image Window(Image image)
    {
        using var visible = image.Crop(0, 0, image.Width * 97 / 100, image.Height * 97 / 100);
        return visible.Embed(60, 90, visible.Width + 120, visible.Height + 130, background: [245, 245, 245]);
    }

    /// <summary>Scaled down where the long side is over a limit.</summary>
    public static Func<Image, Image> Within(double longSide) => image =>
        image.Resize(Math.Min(1, longSide / Math.Max(image.Width, image.Height)));

    /// <summary>The upper right quarter of a picture twice as large.</summary>
    public static Image Collage(Image image)
    {
        var (width, height) = (2 * image.Width, 2 * image.Height);
        var texture = Image.Gaussnoise(width, height, sigma: 60, mean: 120, seed: 11).Gaussblur(4);
        var gradient = Image.Xyz(width, height)[0] * (255.0 / width);
        return Bytes(texture.Bandjoin(gradient, texture)).Insert(image, image.Width, 0);
    }

    private static Image Bytes(Image image) => image.Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);

    private static Image Rgb(Image image) => image.Bands > 3 ? image.ExtractBand(0, 3) : image.Colourspace(Enums.Interpretation.Srgb);
}
