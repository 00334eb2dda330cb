using System.Text;
using DctNet.Core.Imaging;

namespace DctNet.C2pa.Tests;

/// <summary>Small real files of the four formats, each with an XMP packet.</summary>
internal static class TestFiles
{
    public static readonly ImageFormat[] Formats = [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif];

    private static readonly Dictionary<ImageFormat, byte[]> s_files = Formats.ToDictionary(format => format, Encode);

    public static TheoryData<ImageFormat> All => [.. Formats];

    /// <summary>A copy that the test may change.</summary>
    public static byte[] Of(ImageFormat format) => [.. s_files[format]];

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    private static byte[] Encode(ImageFormat format)
    {
        using var pixels = new PixelBuffer(96, 64, channels: 3);
        var random = new Random(7);
        random.NextBytes(pixels.Span);
        var xmp = Encoding.UTF8.GetBytes(
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/></x:xmpmeta>");
        var options = new EncodeOptions { Format = format, Xmp = xmp };
        return ImageEncoder.Encode(pixels, options).TryGet(out var file, out var failure)
            ? file.Bytes
            : throw new InvalidOperationException(failure.Message);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        }

        return directory.FullName;
    }
}
