using DctNet.Core.Imaging;
using DctNet.Core.Tests.Imaging;
using DctNet.Evaluation;
using NetVips;

namespace DctNet.Core.Tests.Watermark;

/// <summary>Pictures to mark: drawn ones that are always there, and the photos and cartoons of the shared folder where it exists.</summary>
internal static class MarkPictures
{
    /// <summary>Folder of 24 pictures beside the repository; not part of it.</summary>
    public static readonly string? SharedFolder = FindShared();

    /// <summary>
    /// A cartoon-like picture: a sky gradient, flat shapes with dark outlines, and one patch of texture. The seed moves and colours
    /// the shapes.
    /// </summary>
    public static PixelBuffer Cartoon(int width = 512, int height = 512, int seed = 1, int channels = 3)
    {
        var random = new Random(seed);
        var picture = new PixelBuffer(width, height, channels);
        var shapes = new (double X, double Y, double Radius, byte R, byte G, byte B)[14];
        for (var i = 0; i < shapes.Length; i++)
        {
            shapes[i] = (random.NextDouble() * width, random.NextDouble() * height, (0.05 + 0.18 * random.NextDouble()) * width,
                (byte)random.Next(30, 240), (byte)random.Next(30, 240), (byte)random.Next(30, 240));
        }

        for (var y = 0; y < height; y++)
        {
            var row = picture.Row(y);
            for (var x = 0; x < width; x++)
            {
                var (r, g, b) = (120 + 80 * y / height, 170 + 50 * x / width, 225 - 40 * y / height);
                foreach (var shape in shapes)
                {
                    var distance = Math.Sqrt((x - shape.X) * (x - shape.X) + (y - shape.Y) * (y - shape.Y)) - shape.Radius;
                    if (distance < -0.006 * width)
                    {
                        (r, g, b) = (shape.R, shape.G, shape.B);
                    }
                    else if (distance < 0)
                    {
                        (r, g, b) = (35, 25, 30);
                    }
                }

                if (y > 0.75 * height && x < 0.4 * width)
                {
                    var grain = random.Next(-25, 26);
                    (r, g, b) = (r / 2 + 60 + grain, g / 2 + 60 + grain, b / 2 + 40 + grain);
                }

                var i = x * channels;
                (row[i], row[i + 1], row[i + 2]) = (Byte(r), Byte(g), Byte(b));
                if (channels == 4)
                {
                    row[i + 3] = 255;
                }
            }
        }

        return picture;

        static byte Byte(int value) => (byte)Math.Clamp(value, 0, 255);
    }

    /// <summary>Independent Gaussian noise around middle grey: a picture without any mark or content.</summary>
    public static PixelBuffer Noise(int width, int height, int seed)
    {
        var random = new Random(seed);
        var picture = new PixelBuffer(width, height, 3);
        for (var i = 0; i < picture.Length; i++)
        {
            var gaussian = random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2;
            picture.Span[i] = (byte)(128 + 20 * gaussian);
        }

        return picture;
    }

    /// <summary>A picture after an edit by libvips.</summary>
    public static PixelBuffer Edit(this PixelBuffer picture, Func<Image, Image> edit) =>
        new Attack("", AttackGroup.Further, edit).Apply(picture);

    /// <summary>A picture after an attack of the suite.</summary>
    public static PixelBuffer Attacked(this PixelBuffer picture, string attack) => AttackSuite.Find(attack)!.Apply(picture);

    public static PixelBuffer Load(string path)
    {
        using var file = Image.NewFromFile(path);
        using var flat = file.HasAlpha() ? file.Flatten(background: [255, 255, 255]) : file.Copy();
        return TestImages.Pixels(flat);
    }

    private static string? FindShared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", "watermark-images");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
