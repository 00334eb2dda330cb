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

    /// <summary>16 pixels.</summary>
    private static void FromRgb(ReadOnlySpan<byte> pixels, Span<float> luma)
    {
        var (red, green, blue) = Separate(Vector128.Create(pixels), Vector128.Create(pixels[Lanes..]), Vector128.Create(pixels[(2 * Lanes)..]));
        var (redLow, redHigh) = Vector128.Widen(red);
        var (greenLow, greenHigh) = Vector128.Widen(green);
        var (blueLow, blueHigh) = Vector128.Widen(blue);
        Weigh(redLow.AsInt16(), greenLow.AsInt16(), blueLow.AsInt16(), luma);
        Weigh(redHigh.AsInt16(), greenHigh.AsInt16(), blueHigh.AsInt16(), luma[(Lanes / 2)..]);
    }

    /// <summary>What changes of 16 RGB pixels do to their luma.</summary>
    /// <param name="first">Bytes 0 to 15 of the 48, signed.</param>
    /// <param name="second">The next 16.</param>
    /// <param name="third">The last.</param>
    /// <param name="luma">Gets the change of luma of each pixel.</param>
    /// <returns>The sum of the squared changes.</returns>
    public static int FromChanges(Vector128<byte> first, Vector128<byte> second, Vector128<byte> third, Span<float> luma)
    {
        var (red, green, blue) = Separate(first, second, third);
        var (redLow, redHigh) = Vector128.Widen(red.AsSByte());
        var (greenLow, greenHigh) = Vector128.Widen(green.AsSByte());
        var (blueLow, blueHigh) = Vector128.Widen(blue.AsSByte());
        Weigh(redLow, greenLow, blueLow, luma);
        Weigh(redHigh, greenHigh, blueHigh, luma[(Lanes / 2)..]);
        return Squares(redLow) + Squares(redHigh) + Squares(greenLow) + Squares(greenHigh) + Squares(blueLow) + Squares(blueHigh);

        static int Squares(Vector128<short> values)
        {
            var (low, high) = Vector128.Widen(values);
            return Vector128.Sum(low * low + high * high);
        }
    }

    /// <summary>Sorts 48 bytes of 16 pixels by colour. An index out of range gives zero.</summary>
    private static (Vector128<byte> Red, Vector128<byte> Green, Vector128<byte> Blue) Separate(
        Vector128<byte> a, Vector128<byte> b, Vector128<byte> c)
    {
        const byte No = 255;
        var red = Vector128.Shuffle(a, Vector128.Create((byte)0, 3, 6, 9, 12, 15, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, No, 2, 5, 8, 11, 14, No, No, No, No, No))
            | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 1, 4, 7, 10, 13));
        var green = Vector128.Shuffle(a, Vector128.Create((byte)1, 4, 7, 10, 13, No, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, 0, 3, 6, 9, 12, 15, No, No, No, No, No))
            | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 2, 5, 8, 11, 14));
        var blue = Vector128.Shuffle(a, Vector128.Create((byte)2, 5, 8, 11, 14, No, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, 1, 4, 7, 10, 13, No, No, No, No, No, No))
            | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, 0, 3, 6, 9, 12, 15));
        return (red, green, blue);
    }

    private static void Weigh(Vector128<short> red, Vector128<short> green, Vector128<short> blue, Span<float> luma)
    {
        (ToSingle(Vector128.WidenLower(red)) * Red + ToSingle(Vector128.WidenLower(green)) * Green
            + ToSingle(Vector128.WidenLower(blue)) * Blue).CopyTo(luma);
        (ToSingle(Vector128.WidenUpper(red)) * Red + ToSingle(Vector128.WidenUpper(green)) * Green
            + ToSingle(Vector128.WidenUpper(blue)) * Blue).CopyTo(luma[4..]);

        static Vector128<float> ToSingle(Vector128<int> value) => Vector128.ConvertToSingle(value);
    }
}
