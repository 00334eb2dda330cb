using DctNet.Core.Imaging;
using DctNet.Core.Tests.Imaging;
using NetVips;

namespace DctNet.Core.Tests.Watermark;

/// <summary>What people do to pictures, with real encoders and resamplers.</summary>
internal static class Attacks
{
    /// <summary>The edits a mark must survive on the fast path.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Image, Image>> Everyday = new Dictionary<string, Func<Image, Image>>
    {
        ["nothing"] = image => image.Copy(),
        ["JPEG 75"] = Jpeg(75),
        ["WebP 80"] = WebP(80),
        ["resize to a half"] = Resize(0.5),
        ["resize to the double"] = Resize(2),
        ["a quarter turn"] = image => image.Rot90(),
        ["a half turn"] = image => image.Rot180(),
        ["a quarter turn back"] = image => image.Rot270(),
        ["a mirror left to right"] = image => image.FlipHor(),
        ["a mirror top to bottom"] = image => image.FlipVer(),
        ["a crop to half of the area"] = Crop(0.5),
    };

    /// <summary>The edits that count: each must be survived by 95 of 100 pictures, and 99 in the mean.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Image, Image>> Core = new Dictionary<string, Func<Image, Image>>
    {
        ["none"] = image => image.Copy(),
        ["turn 90°"] = image => image.Rot90(),
        ["mirror"] = image => image.FlipHor(),
        ["JPEG 90"] = Jpeg(90),
        ["JPEG 70"] = Jpeg(70),
        ["JPEG 50"] = Jpeg(50),
        ["JPEG 30"] = Jpeg(30),
        ["WebP 80"] = WebP(80),
        ["WebP 50"] = WebP(50),
        ["resize 0.25"] = Resize(0.25),
        ["resize 0.5"] = Resize(0.5),
        ["resize 0.75"] = Resize(0.75),
        ["resize 1.5"] = Resize(1.5),
        ["resize 2"] = Resize(2),
        ["crop 75 %"] = Crop(0.75),
        ["crop 50 %"] = Crop(0.5),
        ["crop 50 % + JPEG 70"] = Chain(Crop(0.5), Jpeg(70)),
        ["rotate 5°"] = Rotate(5),
        ["rotate −10°"] = Rotate(-10),
        ["rotate 33°"] = Rotate(33),
        ["rotate 5° + JPEG 50"] = Chain(Rotate(5), Jpeg(50)),
        ["brightness 0.5"] = Linear(0.5, 0),
        ["brightness 1.5"] = Linear(1.5, 0),
        ["contrast 0.5"] = Linear(0.5, 64),
        ["contrast 1.5"] = Linear(1.5, -64),
        ["grey"] = Gray,
        ["hue 36°"] = image => ScaleLch(image, 1, 36),
        ["noise σ 10"] = Noise(10),
    };

    /// <summary>Harder and rarer edits.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Image, Image>> Further = new Dictionary<string, Func<Image, Image>>
    {
        ["JPEG 80, then 60"] = Chain(Jpeg(80), Jpeg(60)),
        ["WebP 30"] = WebP(30),
        ["AVIF 50"] = image => Image.NewFromBuffer(image.HeifsaveBuffer(q: 50, compression: Enums.ForeignHeifCompression.Av1)),
        ["aspect 0.8"] = Stretch(0.8),
        ["aspect 0.93"] = Stretch(0.93),
        ["aspect 1.1"] = Stretch(1.1),
        ["aspect 1.25"] = Stretch(1.25),
        ["crop 25 %"] = Crop(0.25),
        ["perspective"] = Perspective,
        ["shear 3°"] = image => image.Affine([1, 0.0524, 0, 1], background: [128, 128, 128]),
        ["gamma 1.5"] = image => Bytes(image.Gamma(exponent: 1.5)),
        ["saturation 2"] = image => ScaleLch(image, 2, 0),
        ["64 colours"] = image => Image.NewFromBuffer(image.GifsaveBuffer(bitdepth: 6, dither: 0.5)).ExtractBand(0, 3),
        ["noise σ 25"] = Noise(25),
        ["salt and pepper 2 %"] = SaltAndPepper,
        ["blur σ 1"] = image => image.Gaussblur(1),
        ["blur σ 2"] = image => image.Gaussblur(2),
        ["blur σ 4"] = image => image.Gaussblur(4),
        ["median 3"] = image => image.Median(3),
        ["median 7"] = image => image.Median(7),
        ["motion blur 9"] = image => Bytes(image.Conv(Image.NewFromArray(new[] { Enumerable.Repeat(1.0, 9).ToArray() }, 9))),
        ["sharpen"] = image => image.Sharpen(sigma: 1.5),
        ["non-local means h 10"] = Denoising.NonLocalMeans,
        ["text, bar and frame"] = Overlay,
        ["screenshot"] = Chain(
            Resize(0.8), image => image.Embed(60, 90, image.Width + 120, image.Height + 130, background: [245, 245, 245]), Jpeg(85)),
        ["social network"] = Chain(
            image => image.Resize(Math.Min(1, 1080.0 / Math.Max(image.Width, image.Height)) * 0.75), Jpeg(70), Resize(1.2), Jpeg(80)),
        ["print and scan"] = Chain(
            Resize(1.5), image => image.Gaussblur(1), Rotate(0.7), Noise(6), Linear(0.85, 18), Resize(0.6), Jpeg(80)),
        ["collage, a quarter"] = Collage,
        ["resize 0.5 + JPEG 70"] = Chain(Resize(0.5), Jpeg(70)),
        ["resize 0.5 + JPEG 50"] = Chain(Resize(0.5), Jpeg(50)),
        ["resize 0.9, 3°, crop 60 %, contrast, JPEG 70"] = Chain(Resize(0.9), Rotate(3), Crop(0.6), Linear(1.2, -20), Jpeg(70)),
    };

    public static PixelBuffer Apply(PixelBuffer picture, Func<Image, Image> edit)
    {
        using var image = MarkPictures.ToVips(picture);
        using var edited = edit(image);
        return TestImages.Pixels(edited);
    }

    private static Func<Image, Image> Chain(params Func<Image, Image>[] edits) =>
        image => edits.Aggregate(image, (current, edit) => edit(current));

    private static Func<Image, Image> Jpeg(int quality) => image => Image.NewFromBuffer(image.JpegsaveBuffer(q: quality));

    private static Func<Image, Image> WebP(int quality) => image => Image.NewFromBuffer(image.WebpsaveBuffer(q: quality));

    private static Func<Image, Image> Resize(double scale) =>
        image => image.Resize(scale, kernel: scale < 1 ? Enums.Kernel.Lanczos3 : Enums.Kernel.Cubic);

    private static Func<Image, Image> Stretch(double aspect) => image => image.Resize(Math.Sqrt(aspect), vscale: 1 / Math.Sqrt(aspect));

    private static Func<Image, Image> Rotate(double degrees) =>
        image => image.Rotate(degrees, interpolate: Interpolate.NewFromName("bicubic"), background: [128, 128, 128]);

    private static Func<Image, Image> Linear(double factor, double offset) => image => Bytes(image.Linear([factor], [offset]));

    private static Func<Image, Image> Crop(double area) => image =>
    {
        var (width, height) = ((int)(image.Width * Math.Sqrt(area)), (int)(image.Height * Math.Sqrt(area)));
        return image.Crop((image.Width - width) / 3, (image.Height - height) / 2, width, height);
    };

    private static Func<Image, Image> Noise(double sigma) => image =>
    {
        Image Band(int seed) => Image.Gaussnoise(image.Width, image.Height, sigma: sigma, mean: 0, seed: seed);
        return Bytes((image + Band(1).Bandjoin(Band(2), Band(3))).Rint());
    };

    private static Image Bytes(Image image) => image.Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);

    private static Image Gray(Image image) => image.Colourspace(Enums.Interpretation.Bw).Colourspace(Enums.Interpretation.Srgb);

    private static Image ScaleLch(Image image, double chroma, double hueDegrees) =>
        image.Colourspace(Enums.Interpretation.Lch).Linear([1, chroma, 1], [0, 0, hueDegrees]).Colourspace(Enums.Interpretation.Srgb);

    private static Image SaltAndPepper(Image image)
    {
        var chance = Image.Gaussnoise(image.Width, image.Height, sigma: 1, mean: 0, seed: 5);
        return Bytes((chance > 2.326).Ifthenelse(255, (chance < -2.326).Ifthenelse(0, image)));
    }

    /// <summary>The upper edge comes four per cent nearer together than the lower.</summary>
    private static Image Perspective(Image image)
    {
        var xy = Image.Xyz(image.Width, image.Height);
        var middle = image.Width / 2.0;
        var depth = xy[1] * (0.04 / image.Height) + 1;
        var source = ((xy[0] - middle) * depth + middle).Bandjoin(xy[1] * depth * 0.97);
        return image.Mapim(source, interpolate: Interpolate.NewFromName("bicubic"));
    }

    private static Image Overlay(Image image)
    {
        var (width, height) = (image.Width, image.Height);
        var barred = image.DrawRectAll(20, 20, 20, 0, height * 8 / 10, width, height / 10);
        var boxed = barred.DrawRectAll(250, 220, 40, width / 10, height / 10, width / 3, height / 12);
        return boxed.Embed(12, 12, width + 24, height + 24, background: [255, 255, 255]);
    }

    private static Image DrawRectAll(this Image image, double r, double g, double b, int left, int top, int width, int height) =>
        image.Mutate(mutable => mutable.DrawRect([r, g, b], left, top, width, height, fill: true));

    private static Image Collage(Image image)
    {
        var (width, height) = (2 * image.Width, 2 * image.Height);
        var texture = Image.Gaussnoise(width, height, sigma: 60, mean: 120, seed: 11).Gaussblur(4);
        var gradient = Image.Xyz(width, height)[0] * (255.0 / width);
        var background = Bytes(texture.Bandjoin(gradient, texture));
        return background.Insert(image, image.Width, 0);
    }
}
