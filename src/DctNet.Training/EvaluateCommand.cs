using System.Globalization;
using DctNet.ModelTools;

namespace DctNet.Training;

/// <summary>Measures an exported network on the held-out pairs against the corrected targets and prints a Markdown table.</summary>
internal sealed class EvaluateCommand(TrainingOptions options)
{
    /// <summary>The cheeks and nose of an aligned head, where skin lightness is measured: x 105..185, y 150..200.</summary>
    private const int SkinLeft = 105, SkinRight = 185, SkinTop = 150, SkinBottom = 200;

    public void Run()
    {
        var sampler = new PairSampler(options.CacheFolder, new HeldOut(Path.Combine(AppContext.BaseDirectory, "held-out.txt")), options.OnlyStyles);
        sampler.Rescan();
        var modelPath = Path.Combine(options.ModelsFolder ?? throw new InvalidOperationException("evaluate needs --models FOLDER."), ExportCommand.FileName);
        using var student = new Student(modelPath, options.Threads);
        foreach (var kind in new[] { PictureKind.Head, PictureKind.Whole })
        {
            var pairs = sampler.Validation.Where(pair => Path.GetFileName(pair.Path).StartsWith(kind, StringComparison.Ordinal)).ToList();
            if (pairs.Count == 0)
            {
                continue;
            }

            Console.WriteLine($"\n{pairs.Count} held-out pictures, {kind}\n");
            var head = kind == PictureKind.Head;
            Console.WriteLine($"| style | SSIM | PSNR dB | line sharpness | chroma |{(head ? " ΔL* darkest third | ΔL* lightest third |" : "")}");
            Console.WriteLine($"|---|---|---|---|---|{(head ? "---|---|" : "")}");
            for (var style = 0; style < pairs[0].Styles.Length; style++)
            {
                var scores = pairs.Select(pair => Measure(student, pair, style, head)).OrderBy(score => score.PhotoLightness).ToList();
                var third = Math.Max(1, scores.Count / 3);
                var row = string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {pairs[0].Styles[style]} | {scores.Average(s => s.Ssim):F3} | {scores.Average(s => s.Psnr):F1} | {scores.Average(s => s.Sharpness):F2} | {scores.Average(s => s.Chroma):F1} |");
                var shifts = string.Create(
                    CultureInfo.InvariantCulture,
                    $" {scores.Take(third).Average(s => s.LightnessShift):F1} | {scores.TakeLast(third).Average(s => s.LightnessShift):F1} |");
                Console.WriteLine(head ? row + shifts : row);
            }
        }
    }

    private static Scores Measure(Student student, PairFile pair, int style, bool head)
    {
        var (photo, target) = PairSampler.ReadFair(pair, style);
        var result = Draw(student, photo, pair, style);
        var (resultLuma, targetLuma) = (Luma(result), Luma(target));
        var error = result.Zip(target, (a, b) => (double)(a - b) * (a - b)).Average();
        var (before, after) = head ? (SkinLightness(photo, pair.Width), SkinLightness(result, pair.Width)) : (0, 0);
        return new Scores(
            Ssim.Of(resultLuma, targetLuma, pair.Width, pair.Height),
            10 * Math.Log10(255 * 255 / Math.Max(error, 1e-9)),
            Gradient(resultLuma, pair.Width) / Gradient(targetLuma, pair.Width),
            Chroma(result),
            before,
            after - before);
    }

    private static byte[] Draw(Student student, byte[] photo, PairFile pair, int style)
    {
        var weights = new float[pair.Styles.Length];
        weights[style] = 1;
        var output = student.Run([.. photo.Select(value => (float)value)], weights, pair.Width, pair.Height);
        return [.. output.Select(value => (byte)MathF.Round(value))];
    }

    // BT.601.
    private static float[] Luma(byte[] rgb)
        => [.. Enumerable.Range(0, rgb.Length / 3).Select(i => (0.299f * rgb[i * 3]) + (0.587f * rgb[(i * 3) + 1]) + (0.114f * rgb[(i * 3) + 2]))];

    private static double Gradient(float[] luma, int width)
        => Enumerable.Range(0, luma.Length - width - 1)
            .Average(i => Math.Sqrt(Square(luma[i + 1] - luma[i]) + Square(luma[i + width] - luma[i])));

    // Mean distance from grey in the plane of Cb and Cr.
    private static double Chroma(byte[] rgb) => Enumerable.Range(0, rgb.Length / 3).Average(i =>
    {
        var luma = (0.299 * rgb[i * 3]) + (0.587 * rgb[(i * 3) + 1]) + (0.114 * rgb[(i * 3) + 2]);
        return Math.Sqrt(Square((rgb[(i * 3) + 2] - luma) / 1.772) + Square((rgb[i * 3] - luma) / 1.402));
    });

    /// <summary>Median CIE L* (sRGB, D65) of the middle of an aligned face.</summary>
    private static double SkinLightness(byte[] rgb, int width)
    {
        var values = new List<double>();
        for (var y = SkinTop; y < SkinBottom; y++)
        {
            for (var x = SkinLeft; x < SkinRight; x++)
            {
                var i = ((y * width) + x) * 3;
                var luminance = (0.2126 * Linear(rgb[i])) + (0.7152 * Linear(rgb[i + 1])) + (0.0722 * Linear(rgb[i + 2]));
                values.Add(luminance > 216.0 / 24389 ? (116 * Math.Cbrt(luminance)) - 16 : luminance * 24389 / 27);
            }
        }

        values.Sort();
        return values[values.Count / 2];

        static double Linear(byte value) => value <= 10 ? value / 255.0 / 12.92 : Math.Pow(((value / 255.0) + 0.055) / 1.055, 2.4);
    }

    private static double Square(double value) => value * value;

    private readonly record struct Scores(double Ssim, double Psnr, double Sharpness, double Chroma, double PhotoLightness, double LightnessShift);
}
