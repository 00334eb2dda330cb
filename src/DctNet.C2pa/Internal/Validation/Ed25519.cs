using System.Numerics;
using System.Security.Cryptography;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>Verifies Ed25519 signatures (RFC 8032, 5.1.7), which .NET 10 does not.</summary>
/// <remarks>
/// Verification only, so no number here is secret and none of it needs constant time; a signature takes a few milliseconds whatever its bytes.
/// Strict where the RFC leaves a choice: the equation without the cofactor, by comparing the encoded point, as OpenSSL and ed25519-dalek do; no
/// S of the group's order or above, so that nobody can make a second signature of one; no coordinate of p or above; and no public key of small
/// order, for which anybody can sign.
/// </remarks>
internal static class Ed25519
{
    private const int KeyBytes = 32;
    private const int SignatureBytes = 64;

    private static readonly BigInteger s_p = BigInteger.Pow(2, 255) - 19;

    /// <summary>Order of the base point.</summary>
    private static readonly BigInteger s_order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    private static readonly BigInteger s_d = Mod(-121665 * Inverse(121666));

    private static readonly BigInteger s_rootOfMinusOne = BigInteger.ModPow(2, (s_p - 1) / 4, s_p);

    private static readonly Point s_neutral = new(0, 1, 1, 0);

    /// <summary>y = 4/5, x even.</summary>
    private static readonly Point s_base = Decode(Encode(Mod(4 * Inverse(5)), isOdd: false))!.Value;

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeyBytes || signature.Length != SignatureBytes || Decode(publicKey) is not { } key || IsOfSmallOrder(key))
        {
            return false;
        }

        var r = signature[..KeyBytes];
        var s = Number(signature[KeyBytes..]);
        if (s >= s_order)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(r);
        hash.AppendData(publicKey);
        hash.AppendData(message);
        var k = Number(hash.GetHashAndReset()) % s_order;
        return Encode(SumOfProducts(s, s_base, k, Negate(key))).AsSpan().SequenceEqual(r);
    }

    /// <summary>a·A + b·B, bit by bit for both together (Shamir's trick).</summary>
    private static Point SumOfProducts(BigInteger a, Point first, BigInteger b, Point second)
    {
        var both = Add(first, second);
        var sum = s_neutral;
        for (var bit = (int)Math.Max(a.GetBitLength(), b.GetBitLength()) - 1; bit >= 0; bit--)
        {
            sum = Add(sum, sum);
            sum = (IsSet(a, bit), IsSet(b, bit)) switch
            {
                (true, true) => Add(sum, both),
                (true, false) => Add(sum, first),
                (false, true) => Add(sum, second),
                _ => sum,
            };
        }

        return sum;

        static bool IsSet(BigInteger number, int bit) => !((number >> bit) & 1).IsZero;
    }

    /// <summary>Extended coordinates, RFC 8032, 5.1.4; holds for any two points of the curve, also equal ones.</summary>
    private static Point Add(Point p, Point q)
    {
        var a = (p.Y - p.X) * (q.Y - q.X) % s_p;
        var b = (p.Y + p.X) * (q.Y + q.X) % s_p;
        var c = 2 * p.T * q.T % s_p * s_d % s_p;
        var d = 2 * p.Z * q.Z % s_p;
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new Point(e * f % s_p, g * h % s_p, f * g % s_p, e * h % s_p);
    }

    private static Point Negate(Point p) => new(-p.X, p.Y, p.Z, -p.T);

    private static bool IsOfSmallOrder(Point p)
    {
        for (var doubling = 0; doubling < 3; doubling++)
        {
            p = Add(p, p);
        }

        return Mod(p.X).IsZero && Mod(p.Y - p.Z).IsZero;
    }

    /// <summary>RFC 8032, 5.1.3; null where the bytes are no point of the curve.</summary>
    private static Point? Decode(ReadOnlySpan<byte> bytes)
    {
        var y = Number(bytes);
        var isOdd = !(y >> 255).IsZero;
        y &= (BigInteger.One << 255) - 1;
        if (y >= s_p)
        {
            return null;
        }

        // x² = u / v, and its root by one power.
        var (u, v) = (Mod(y * y - 1), Mod(s_d * y * y + 1));
        var v3 = v * v * v % s_p;
        var x = u * v3 % s_p * BigInteger.ModPow(u * v3 * v3 * v, (s_p - 5) / 8, s_p) % s_p;
        var square = v * x * x % s_p;
        if (square != u)
        {
            if (!Mod(square + u).IsZero)
            {
                return null;
            }

            x = x * s_rootOfMinusOne % s_p;
        }

        if (x.IsZero && isOdd)
        {
            return null;
        }

        x = x.IsEven == isOdd ? s_p - x : x;
        return new Point(x, y, 1, x * y % s_p);
    }

    private static byte[] Encode(Point p)
    {
        var inverse = Inverse(p.Z);
        return Encode(Mod(p.Y * inverse), !Mod(p.X * inverse).IsEven);
    }

    private static byte[] Encode(BigInteger y, bool isOdd)
    {
        var bytes = new byte[KeyBytes];
        (isOdd ? y | (BigInteger.One << 255) : y).TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static BigInteger Number(ReadOnlySpan<byte> littleEndian) => new(littleEndian, isUnsigned: true);

    private static BigInteger Mod(BigInteger number)
    {
        var rest = number % s_p;
        return rest.Sign < 0 ? rest + s_p : rest;
    }

    private static BigInteger Inverse(BigInteger number) => BigInteger.ModPow(Mod(number), s_p - 2, s_p);

    /// <summary>x = X/Z, y = Y/Z, x·y = T/Z; what is between additions may be negative.</summary>
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T);
}
