using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DctNet.Core.Watermark;

/// <summary>
/// The keyed pseudo-random stream of the format: HMAC-SHA256(key, counter) for counter = 0, 1, 2, … as four big-endian bytes,
/// concatenated and read in order. Draws are exact (rejection sampling), so another implementation gets the same tables.
/// </summary>
internal sealed class KeyStream(byte[] key)
{
    private readonly byte[] _block = new byte[HMACSHA256.HashSizeInBytes];
    private int _used = HMACSHA256.HashSizeInBytes;
    private uint _counter;

    public byte NextByte()
    {
        if (_used == _block.Length)
        {
            Span<byte> counter = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(counter, _counter++);
            HMACSHA256.HashData(key, counter, _block);
            _used = 0;
        }

        return _block[_used++];
    }

    /// <summary>Uniform in 0..<paramref name="bound"/>−1: draws at or above the largest multiple of the bound are thrown away.</summary>
    public int Below(int bound)
    {
        var limit = (1L << 32) / bound * bound;
        while (true)
        {
            var draw = ((uint)NextByte() << 24) | ((uint)NextByte() << 16) | ((uint)NextByte() << 8) | NextByte();
            if (draw < limit)
            {
                return (int)(draw % bound);
            }
        }
    }

    /// <summary>Fisher–Yates from the last element down to the second.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
