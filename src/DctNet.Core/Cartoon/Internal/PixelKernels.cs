using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DctNet.Core.Cartoon;

/// <summary>Inner loops between 8-bit and float32 pixels.</summary>
internal static class PixelKernels
{
    /// <summary>0..255 bytes to the same values as floats.</summary>
    public static void Widen(ReadOnlySpan<byte> source, Span<float> target)
    {
        target = target[..source.Length];
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= source.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                var (low, high) = Vector128.Widen(Vector128.Create(source[i..]));
                Widen(low).CopyTo(target[i..]);
                Widen(high).CopyTo(target[(i + 8)..]);
            }
        }

        for (; i < source.Length; i++)
        {
            target[i] = source[i];
        }
    }

    /// <summary>Floats to bytes: rounded half up, clamped to 0..255; NaN becomes 0.</summary>
    public static void Narrow(ReadOnlySpan<float> source, Span<byte> target)
    {
        target = target[..source.Length];
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= source.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                var shorts = Vector256.Narrow(Round(source[i..]), Round(source[(i + 8)..])).AsUInt16();
                Vector128.Narrow(shorts.GetLower(), shorts.GetUpper()).CopyTo(target[i..]);
            }
        }

        for (; i < source.Length; i++)
        {
            target[i] = ToByte(source[i]);
        }
    }

    /// <summary>One float to a byte as <see cref="Narrow"/> does it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte ToByte(float value) => value > 0 ? (byte)(MathF.Min(value, 255f) + 0.5f) : (byte)0;

    /// <summary>RGBA bytes with straight alpha, composited over white, to RGB floats: <c>c·a + 255·(1 − a)</c>.</summary>
    public static void WidenOverWhite(ReadOnlySpan<byte> rgba, Span<float> rgb)
    {
        for (int s = 0, t = 0; s < rgba.Length; s += 4, t += 3)
        {
            var alpha = rgba[s + 3] * (1f / 255f);
            var white = 255f * (1f - alpha);
            rgb[t] = (rgba[s] * alpha) + white;
            rgb[t + 1] = (rgba[s + 1] * alpha) + white;
            rgb[t + 2] = (rgba[s + 2] * alpha) + white;
        }
    }

    /// <summary>
    /// RGB floats that were composited over white back to straight RGBA: <c>(c − 255·(1 − a)) / a</c>, so that no white rim stays around
    /// a cut-out. The alpha already in <paramref name="rgba"/> is read and left as it is; where it is 0 the colour is that of the drawing on white.
    /// </summary>
    public static void NarrowFromWhite(ReadOnlySpan<float> rgb, Span<byte> rgba)
    {
        for (int s = 0, t = 0; t < rgba.Length; s += 3, t += 4)
        {
            var alpha = rgba[t + 3] * (1f / 255f);
            var (white, inverse) = alpha > 0 ? (255f * (1f - alpha), 1f / alpha) : (0f, 1f);
            rgba[t] = ToByte((rgb[s] - white) * inverse);
            rgba[t + 1] = ToByte((rgb[s + 1] - white) * inverse);
            rgba[t + 2] = ToByte((rgb[s + 2] - white) * inverse);
        }
    }

    /// <summary>Swaps the first and the third channel of RGB or BGR pixels in place.</summary>
    public static void SwapRedAndBlue(Span<float> pixels)
    {
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        }
    }

    /// <summary><c>target += weight · source</c>, or <c>target = weight · source</c> for the first addend.</summary>
    public static void Accumulate(ReadOnlySpan<float> source, float weight, Span<float> target, bool first)
    {
        target = target[..source.Length];
        var factor = new Vector<float>(weight);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(source);
        var sums = MemoryMarshal.Cast<float, Vector<float>>(target);
        for (var i = 0; i < vectors.Length; i++)
        {
            sums[i] = first ? vectors[i] * factor : Vector.FusedMultiplyAdd(vectors[i], factor, sums[i]);
        }

        for (var i = vectors.Length * Vector<float>.Count; i < source.Length; i++)
        {
            target[i] = first ? source[i] * weight : MathF.FusedMultiplyAdd(source[i], weight, target[i]);
        }
    }

    private static Vector256<float> Widen(Vector128<ushort> values)
    {
        var (low, high) = Vector128.Widen(values);
        return Vector256.ConvertToSingle(Vector256.Create(low, high).AsInt32());
    }

    private static Vector256<int> Round(ReadOnlySpan<float> source)
    {
        // Max returns its second operand's zero for NaN only where the hardware does; the comparison makes it certain.
        var values = Vector256.Create(source);
        values = Vector256.ConditionalSelect(Vector256.GreaterThan(values, Vector256<float>.Zero), values, Vector256<float>.Zero);
        return Vector256.ConvertToInt32(Vector256.Min(values, Vector256.Create(255f)) + Vector256.Create(0.5f));
    }
}
