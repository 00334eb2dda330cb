using NetVips;
using static DctNet.Evaluation.Edits;

namespace DctNet.Evaluation;

/// <summary>The attacks that marks are measured with.</summary>
public static class AttackSuite
{
    /// <summary>All of them, the core ones first.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Core("none", image => image.Copy()),
        Core("turn-90", image => image.Rot90()),
        Core("mirror", image => image.FlipHor()),
        Core("jpeg-90", Jpeg(90)),
        Core("jpeg-70", Jpeg(70)),
        Core("jpeg-50", Jpeg(50)),
        Core("jpeg-30", Jpeg(30)),
        Core("webp-80", WebP(80)),
        Core("webp-50", WebP(50)),
        Core("resize-0.25", Resize(0.25)),
        Core("resize-0.5", Resize(0.5)),
        Core("resize-0.75", Resize(0.75)),
        Core("resize-1.5", Resize(1.5)),
        Core("resize-2", Resize(2)),
        Core("crop-75", Crop(0.75)),
        Core("crop-50", Crop(0.5)),
        Core("crop-50+jpeg-70", Chain(Crop(0.5), Jpeg(70))),
        Core("rotate-5", Rotate(5)),
        Core("rotate--10", Rotate(-10)),
        Core("rotate-33", Rotate(33)),
        Core("rotate-5+jpeg-50", Chain(Rotate(5), Jpeg(50))),
        Core("brightness-0.5", Linear(0.5, 0)),
        Core("brightness-1.5", Linear(1.5, 0)),
        Core("contrast-0.5", Linear(0.5, 64)),
        Core("contrast-1.5", Linear(1.5, -64)),
        Core("gray", Gray),
        Core("hue-36", Hue(36)),
        Core("noise-10", Noise(10)),

        Further("jpeg-80+jpeg-60", Chain(Jpeg(80), Jpeg(60))),
        Further("webp-30", WebP(30)),
        Further("avif-50", Avif(50)),
        Further("aspect-0.8", Stretch(0.8)),
        Further("aspect-0.93", Stretch(0.93)),
        Further("aspect-1.1", Stretch(1.1)),
        Further("aspect-1.25", Stretch(1.25)),
        Further("crop-25", Crop(0.25)),
        Further("perspective-8", Perspective(0.08)),
        Further("shear-5", Shear(5)),
        Further("gamma-0.67", Gamma(0.67)),
        Further("gamma-1.5", Gamma(1.5)),
        Further("saturation-2", Saturation(2)),
        Further("palette-64", Palette(6, dither: 0.5)),
        Further("palette-64-undithered", Palette(6, dither: 0)),
        Further("noise-25", Noise(25)),
        Further("salt-and-pepper-2", SaltAndPepper),
        Further("blur-1", Blur(1)),
        Further("blur-2", Blur(2)),
        Further("blur-4", Blur(4)),
        Further("median-3", Median(3)),
        Further("median-7", Median(7)),
        Further("motion-blur-9", MotionBlur(9)),
        Further("sharpen", image => image.Sharpen(sigma: 1.5)),
        Further("non-local-means-10", image => Denoising.NonLocalMeans(image, strength: 10)),
        Further("bilateral-9", image => Denoising.Bilateral(image, diameter: 9, sigmaColour: 75, sigmaSpace: 75)),
        Further("caption", Caption),
        Further("emoji", Emoji),
        Further("frame", Frame),
        Further("screenshot", Chain(Resize(0.8), Window, Jpeg(85))),
        Further("social-network", Chain(Within(1080), Resize(0.75), Jpeg(70), Resize(1.2), Jpeg(80))),
        Further("messenger", Chain(Within(800), Jpeg(60), WebP(70))),
        Further("print-and-scan", Chain(Resize(1.5), Blur(1), Rotate(0.7), Noise(6), Linear(0.85, 18), Resize(0.6), Jpeg(80))),
        Further("collage", Collage),
        Further("resize-0.5+jpeg-70", Chain(Resize(0.5), Jpeg(70))),
        Further("resize-0.5+jpeg-50", Chain(Resize(0.5), Jpeg(50))),
        Further("combination", Chain(Resize(0.9), Rotate(3), Crop(0.6), Linear(1.2, -20), Jpeg(70))),
    ];

    /// <summary>The attack of a name; null where there is none.</summary>
    public static Attack? Find(string name) => All.FirstOrDefault(attack => attack.Name == name);

    private static Attack Core(string name, Func<Image, Image> edit) => new(name, AttackGroup.Core, edit);

    private static Attack Further(string name, Func<Image, Image> edit) => new(name, AttackGroup.Further, edit);
}
