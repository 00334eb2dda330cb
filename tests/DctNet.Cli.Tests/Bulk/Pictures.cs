using DctNet.Core.Imaging;

namespace DctNet.Cli.Tests.Bulk;

internal static class Pictures
{
    /// <summary>A JPEG of a gradient, different for each seed; in noise the detector would see faces, each with a pass of its own.</summary>
    public static byte[] Gradient(int seed, int side)
    {
        using var pixels = new PixelBuffer(side, side, channels: 3);
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels.Span[i] = (byte)((255 * i / pixels.Length) ^ (seed >> (i % 3 * 4)));
        }

        Assert.True(ImageEncoder.Encode(pixels, new EncodeOptions { Format = ImageFormat.Jpeg }).TryGet(out var file, out _));
        return file.Bytes;
    }
}
