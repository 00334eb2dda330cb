using System.Buffers;
using NetVips;

namespace DctNet.Core.Imaging;

/// <summary>Moves pixels between libvips and pooled memory without an intermediate copy.</summary>
internal static class VipsPixels
{
    /// <summary>
    /// Looks at a buffer as an sRGB libvips image. The caller keeps <paramref name="pin"/> and the buffer alive until every image made
    /// from it is disposed.
    /// </summary>
    public static unsafe Image Wrap(PixelBuffer pixels, out MemoryHandle pin)
    {
        pin = pixels.Memory.Pin();
        try
        {
            using var raw = Image.NewFromMemory(
                (nint)pin.Pointer, (ulong)pixels.Length, pixels.Width, pixels.Height, pixels.Channels, Enums.BandFormat.Uchar);
            return raw.Copy(interpretation: Enums.Interpretation.Srgb);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>Computes an 8-bit image of 3 or 4 bands straight into a new buffer, which the caller owns.</summary>
    public static unsafe PixelBuffer Compute(Image image)
    {
        var pixels = new PixelBuffer(image.Width, image.Height, image.Bands);
        try
        {
            using var pin = pixels.Memory.Pin();
            using var target = Image.NewFromMemory(
                (nint)pin.Pointer, (ulong)pixels.Length, pixels.Width, pixels.Height, pixels.Channels, Enums.BandFormat.Uchar);
            image.Write(target);
            return pixels;
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    /// <summary>The raw metadata blocks that libvips found beside the pixels.</summary>
    public static SourceMetadata Metadata(Image image, ReadOnlyMemory<byte> file, ImageFormat format)
    {
        // libvips calls a text png-comment-NUMBER-KEYWORD and reads a few dozen at most.
        var texts = new Dictionary<string, string>();
        foreach (var field in image.GetFields())
        {
            if (field.Split('-', 4) is ["png", "comment", _, var keyword] && image.Get(field) is string { Length: <= SourceMetadata.MaxBlockBytes } text)
            {
                texts.TryAdd(keyword, text);
            }
        }

        // libvips keeps no tags of a TIFF.
        var block = Block("exif-data");
        ReadOnlyMemory<byte>? exif = format == ImageFormat.Tiff ? file : block is null ? null : new ReadOnlyMemory<byte>(block);
        return new SourceMetadata(Block("xmp-data"), exif) { Iptc = Block("iptc-data"), Texts = texts };

        byte[]? Block(string name) =>
            image.Contains(name) && image.Get(name) is byte[] { Length: > 0 and <= SourceMetadata.MaxBlockBytes } bytes ? bytes : null;
    }

    /// <summary>Resizes to an exact size; alpha is premultiplied meanwhile, so that hidden colours do not bleed into edges.</summary>
    public static Image Resize(Image image, int width, int height, Enums.Kernel kernel)
    {
        var horizontal = width / (double)image.Width;
        var vertical = height / (double)image.Height;
        if (!image.HasAlpha())
        {
            return image.Resize(horizontal, kernel: kernel, vscale: vertical);
        }

        using var premultiplied = image.Premultiply();
        using var resized = premultiplied.Resize(horizontal, kernel: kernel, vscale: vertical);
        using var straight = resized.Unpremultiply();
        using var rounded = image.Format is Enums.BandFormat.Float or Enums.BandFormat.Double ? straight.Copy() : straight.Rint();
        return rounded.Cast(image.Format);
    }
}
