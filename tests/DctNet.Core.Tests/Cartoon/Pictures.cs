using DctNet.Core.Imaging;
using DctNet.Core.Tests.Imaging;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

/// <summary>Real portraits: the sample of this repository, and the folders beside it where they are there.</summary>
internal static class Pictures
{
    private static readonly string s_root = Root();

    static Pictures() => VipsRuntime.Ensure();

    /// <summary>A portrait of one person.</summary>
    public static PixelBuffer Sample(int? width = null) => Load(Path.Combine(s_root, "samples", "portrait.jpg"), width);

    public static PixelBuffer Load(string path, int? width = null)
    {
        using var image = width is { } side ? Image.Thumbnail(path, side, height: 10_000) : Image.NewFromFile(path);
        using var colour = image.Colourspace(Enums.Interpretation.Srgb);
        return TestImages.Pixels(colour);
    }

    /// <summary>A folder beside the repository; the test is skipped where it is missing.</summary>
    public static string Shared(params string[] names)
    {
        var path = Path.Combine([Path.GetDirectoryName(s_root)!, "shared", .. names]);
        Assert.SkipUnless(Directory.Exists(path), $"The folder ../shared/{string.Join('/', names)} is not there.");
        return path;
    }

    public static string[] SharedPortraits(string folder, int every = 1) =>
        [.. Directory.GetFiles(Shared("data", folder), "*.jpg").Order(StringComparer.Ordinal).Where((_, i) => i % every == 0)];

    /// <summary>A flat picture.</summary>
    public static PixelBuffer Flat(int width, int height, byte value, int channels = 3)
    {
        var picture = new PixelBuffer(width, height, channels);
        picture.Span.Fill(value);
        return picture;
    }

    /// <summary>Puts one RGB picture into another.</summary>
    public static void Paste(PixelBuffer picture, PixelBuffer onto, int left, int top)
    {
        for (var y = 0; y < picture.Height; y++)
        {
            picture.Row(y).CopyTo(onto.Row(top + y)[(left * 3)..]);
        }
    }

    /// <summary>Mean absolute difference of two buffers of one length.</summary>
    public static double Difference(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        Assert.Equal(a.Length, b.Length);
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += Math.Abs(a[i] - b[i]);
        }

        return sum / a.Length;
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "DctNet.Grpc.sln")))
        {
            directory = Path.GetDirectoryName(directory)
                ?? throw new InvalidOperationException("The repository's root is not above the tests.");
        }

        return directory.TrimEnd(Path.DirectorySeparatorChar);
    }
}
