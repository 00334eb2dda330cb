using System.Buffers.Binary;
using System.Text;
using DctNet.Core.Imaging;
using NetVips;

namespace DctNet.Core.Tests.Imaging;

/// <summary>Real files, made by libvips' own encoders on the spot.</summary>
internal static class TestImages
{
    static TestImages() => VipsRuntime.Ensure();

    /// <summary>R falls from left to right, G rises from top to bottom, B is a smooth mixture: every turn and mix-up shows.</summary>
    public static Image Gradient(int width = 96, int height = 64)
    {
        using var xy = Image.Xyz(width, height);
        using var x = xy[0] * (255.0 / (width - 1));
        using var y = xy[1] * (255.0 / (height - 1));
        using var red = 255 - x;
        using var sum = x + y;
        using var blue = sum / 2;
        using var joined = red.Bandjoin(y, blue);
        using var bytes = joined.Cast(Enums.BandFormat.Uchar);
        using var named = bytes.Copy(interpretation: Enums.Interpretation.Srgb);
        return named.CopyMemory();
    }

    /// <summary>The gradient with alpha that rises from top to bottom.</summary>
    public static Image GradientWithAlpha(int width = 96, int height = 64)
    {
        using var image = Gradient(width, height);
        using var alpha = image[1];
        return image.Bandjoin(alpha);
    }

    public static PixelBuffer Pixels(Image image) => VipsPixels.Compute(image);

    public static byte[] Encode(Image image, ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => image.JpegsaveBuffer(q: 95, subsampleMode: Enums.ForeignSubsample.Off),
        ImageFormat.Png => image.PngsaveBuffer(),
        ImageFormat.WebP => image.WebpsaveBuffer(q: 95),
        ImageFormat.Avif => image.HeifsaveBuffer(q: 90, compression: Enums.ForeignHeifCompression.Av1, effort: 0),
        ImageFormat.Gif => image.GifsaveBuffer(),
        ImageFormat.Tiff => image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Deflate),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    public static byte[] Gradient(ImageFormat format, int width = 96, int height = 64)
    {
        using var image = Gradient(width, height);
        return Encode(image, format);
    }

    /// <summary>The bytes of a PNG that declares a size and holds nothing more.</summary>
    public static byte[] PngHeader(uint width, uint height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        return [.. ImageFormats.PngSignature, .. PngChunk("IHDR"u8, header), .. PngChunk("IDAT"u8, [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1])];
    }

    public static byte[] PngChunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    /// <summary>Puts a chunk between IHDR and the rest.</summary>
    public static byte[] WithPngChunk(byte[] png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data) =>
        [.. png.AsSpan(0, 33), .. PngChunk(type, data), .. png.AsSpan(33)];

    /// <summary>A little-endian TIFF with a copyright and a user comment as tags; the directory stands anew at the end, before them.</summary>
    public static byte[] WithTiffTexts(byte[] tiff, string copyright, string comment)
    {
        var old = BinaryPrimitives.ReadInt32LittleEndian(tiff.AsSpan(4));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(old));
        var directory = tiff.Length + (tiff.Length & 1);
        var holder = directory + 2 + (12 * (count + 2)) + 4;
        var exif = holder + copyright.Length + 1;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write([.. tiff, .. new byte[directory - tiff.Length]]);
        writer.Write((ushort)(count + 2));
        writer.Write(tiff.AsSpan(old + 2, 12 * count));
        Entry(0x8298, 2, copyright.Length + 1, holder);
        Entry(0x8769, 4, 1, exif);
        writer.Write(0);
        writer.Write(Encoding.ASCII.GetBytes(copyright + '\0'));
        writer.Write((ushort)1);
        Entry(0x9286, 7, 8 + comment.Length, exif + 18);
        writer.Write(0);
        writer.Write(Encoding.ASCII.GetBytes("ASCII\0\0\0" + comment));
        writer.Flush();
        var file = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), directory);
        return file;

        void Entry(ushort tag, ushort type, int length, int value)
        {
            writer.Write(tag);
            writer.Write(type);
            writer.Write(length);
            writer.Write(value);
        }
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
