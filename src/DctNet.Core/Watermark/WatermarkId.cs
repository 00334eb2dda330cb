using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace DctNet.Core.Watermark;

/// <summary>The 64 bits a mark carries. Written as 16 lower-case hexadecimal digits everywhere.</summary>
public readonly record struct WatermarkId(ulong Value)
{
    private const int HexDigits = 16;

    /// <summary>A fresh id from the system's cryptographic generator.</summary>
    public static WatermarkId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return new WatermarkId(BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>Reads exactly 16 hexadecimal digits, either case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out WatermarkId id)
    {
        id = default;
        if (text.Length != HexDigits
            || !ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        id = new WatermarkId(value);
        return true;
    }

    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
