using System.Runtime.Intrinsics;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>
/// Luma of a pixel buffer, range 0..255: ITU-R BT.601 weights on the gamma-coded values, as in JPEG. Translucent pixels are seen
/// over white, which is what most viewers and converters show.
/// </summary>
internal readonly struct LumaRows(PixelBuffer image) : IRowSource
{
    public const float Red = 0.299f;
    public const float Green = 0.587f;
    public const float Blue = 0.114f;

    private const int Lanes = 16;

    public int Width => image.Width;

    public int Height => image.Height;

    public ReadOnlySpan<float> Row(int y, Span<float> scratch)
    {
        var luma = scratch[..Width];
        FromPixels(image.Row(y), image.Channels, luma);
        return luma;
    }

    /// <summary>Converts one row of interleaved pixels.</summary>
    public static void FromPixels(ReadOnlySpan<byte> pixels, int channels, Span<float> luma)
    {
        if (channels == 4)
        {
            FromRgba(pixels, luma);
            return;
        }

        var x = 0;
        for (; x <= luma.Length - Lanes; x += Lanes)
        {
            FromRgb(pixels.Slice(3 * x, 3 * Lanes), luma.Slice(x, Lanes));
        }

        for (; x < luma.Length; x++)
        {
            luma[x] = Red * pixels[3 * x] + Green * pixels[3 * x + 1] + Blue * pixels[3 * x + 2];
        }
    }

    private static void FromRgba(ReadOnlySpan<byte> pixels, Span<float> luma)
    {
        for (int x = 0, i = 0; x < luma.Length; x++, i += 4)
        {
            var colour = Red * pixels[i] + Green * pixels[i + 1] + Blue * pixels[i + 2];
            luma[x] = 255 + pixels[i + 3] * (1f / 255) * (colour - 255);
        }
    }

    /// <summary>16 pixels: the three vectors of bytes are sorted by colour, then widened. An index out of range gives zero.</summary>
    private static void FromRgb(ReadOnlySpan<byte> pixels, Span<float> luma)
    {
        const byte No = 255;
        var a = Vector128.Create(pixels);
        var b = Vector128.Create(pixels[Lanes..]);
        var c = Vector128.Create(pixels[(2 * Lanes)..]);
        var red = Vector128.Shuffle(a, Vector128.Create((byte)0, 3, 6, 9, 12, 15, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, No, 2, 5, 8, 11, 14, No, No, No, No, No))
            | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 1, 4, 7, 10, 13));
        var green = Vector128.Shuffle(a, Vector128.Create((byte)1, 4, 7, 10, 13, No, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, 0, 3, 6, 9, 12, 15, No, No, No, No, No))
            | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 2, 5, 8, 11, 14));
        var blue = Vector128.Shuffle(a, Vector128.Create((byte)2, 5, 8, 11, 14, No, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, 1, 4, 7, 10, 13, No, No, No, No, No, No))
            | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, 0, 3, 6, 9, 12, 15));

        var (redLow, redHigh) = Vector128.Widen(red);
        var (greenLow, greenHigh) = Vector128.Widen(green);
        var (blueLow, blueHigh) = Vector128.Widen(blue);
        Weigh(redLow, greenLow, blueLow, luma);
        Weigh(redHigh, greenHigh, blueHigh, luma[(Lanes / 2)..]);
    }

    private static void Weigh(Vector128<ushort> red, Vector128<ushort> green, Vector128<ushort> blue, Span<float> luma)
    {
        (ToSingle(Vector128.WidenLower(red)) * Red + ToSingle(Vector128.WidenLower(green)) * Green
            + ToSingle(Vector128.WidenLower(blue)) * Blue).CopyTo(luma);
        (ToSingle(Vector128.WidenUpper(red)) * Red + ToSingle(Vector128.WidenUpper(green)) * Green
            + ToSingle(Vector128.WidenUpper(blue)) * Blue).CopyTo(luma[4..]);

        static Vector128<float> ToSingle(Vector128<uint> value) => Vector128.ConvertToSingle(value.AsInt32());
    }
}
