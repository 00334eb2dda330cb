using DctNet.Core;
using DctNet.Core.Imaging;

namespace DctNet.Benchmarks;

/// <summary>The sample portrait in other sizes.</summary>
internal static class Samples
{
    /// <summary>A square of this side. The caller disposes it.</summary>
    public static PixelBuffer Pixels(int side)
    {
        using var sample = Decode(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg")));
        return ImageResizer.Resize(sample.Pixels, side, side);
    }

    /// <summary>The same as a file.</summary>
    public static byte[] Jpeg(int side)
    {
        using var pixels = Pixels(side);
        return Encode(pixels);
    }

    public static DecodedImage Decode(byte[] file) => Require(ImageDecoder.Decode(file, Require(ImageProbe.Read(file, new ImageLimits()))));

    public static byte[] Encode(PixelBuffer picture) => Require(ImageEncoder.Encode(picture, new EncodeOptions { Format = ImageFormat.Jpeg })).Bytes;

    public static T Require<T>(Outcome<T> outcome)
        where T : notnull =>
        outcome.TryGet(out var value, out var failure) ? value : throw new InvalidOperationException(failure.Message);
}
