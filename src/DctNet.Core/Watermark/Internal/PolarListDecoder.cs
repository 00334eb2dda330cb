using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DctNet.Core.Watermark;

/// <summary>
/// Successive-cancellation list decoding (Tal and Vardy 2015) with min-sum updates and the LLR path metric of
/// Balatsoukas-Stimming et al. 2015. Paths share the arrays they have in common: a write always replaces a whole array, so
/// splitting a path copies indices only. Bits are kept as sign masks (0 or 0x8000_0000) to make both updates bitwise SIMD.
/// </summary>
internal sealed class PolarListDecoder : IDisposable
{
    /// <summary>List size: 16 loses nothing measurable against 32 at this length, and every path is a MAC check.</summary>
    public const int Paths = 16;

    private const int N = PolarCode.Length;
    private const int Layers = PolarCode.LengthLog2;
    private const uint SignMask = 0x8000_0000;

    // Layer d (1..9) has arrays of N >> d elements; slots 0..Paths−1 of a layer follow each other from Offset(d).
    private readonly float[] _llr = ArrayPool<float>.Shared.Rent(N * Paths);
    private readonly uint[] _bits = ArrayPool<uint>.Shared.Rent(N * Paths);
    private readonly uint[] _sums = ArrayPool<uint>.Shared.Rent(2 * N);
    private readonly byte[] _llrSlot = new byte[Paths * (Layers + 1)];
    private readonly byte[] _bitSlot = new byte[Paths * (Layers + 1)];
    private readonly byte[] _llrUsers = new byte[Paths * (Layers + 1)];
    private readonly byte[] _bitUsers = new byte[Paths * (Layers + 1)];
    private readonly byte[] _slotScratch = new byte[2 * Paths * (Layers + 1)];
    private readonly float[] _metric = new float[Paths];
    private readonly UInt128[] _payload = new UInt128[Paths];
    private int _active;

    /// <summary>Decodes 512 LLRs (positive means bit 0) into up to <see cref="Paths"/> payloads, the likeliest first.</summary>
    /// <returns>How many payloads were written.</returns>
    public int Decode(ReadOnlySpan<float> llr, Span<UInt128> payloads)
    {
        Reset();
        for (var i = 0; i < N; i++)
        {
            // Leaf i shares the layers above its lowest set bit with leaf i − 1.
            var first = i == 0 ? 1 : Layers - BitOperations.TrailingZeroCount(i);
            for (var path = 0; path < _active; path++)
            {
                for (var d = first; d <= Layers; d++)
                {
                    var right = ((i >> (Layers - d)) & 1) != 0;
                    UpdateLlr(path, d, d == 1 ? llr : LlrArray(path, d - 1), right);
                }
            }

            if (PolarCode.IsInformation[i])
            {
                Fork(i);
            }
            else
            {
                for (var path = 0; path < _active; path++)
                {
                    _metric[path] += Math.Max(0, -LlrArray(path, Layers)[0]);
                    PropagateBit(path, i, 0);
                }
            }
        }

        Span<float> order = stackalloc float[_active];
        _metric.AsSpan(0, _active).CopyTo(order);
        _payload.AsSpan(0, _active).CopyTo(payloads);
        order.Sort(payloads[.._active]);
        return _active;
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_llr);
        ArrayPool<uint>.Shared.Return(_bits);
        ArrayPool<uint>.Shared.Return(_sums);
    }

    private static int Offset(int layer) => Paths * (N - (N >> (layer - 1)));

    private void Reset()
    {
        Array.Clear(_llrUsers);
        Array.Clear(_bitUsers);
        Array.Clear(_llrSlot);
        Array.Clear(_bitSlot);
        for (var d = 1; d <= Layers; d++)
        {
            _llrUsers[d * Paths] = _bitUsers[d * Paths] = 1;
        }

        (_active, _metric[0], _payload[0]) = (1, 0, 0);
    }

    private Span<float> LlrArray(int path, int layer) =>
        _llr.AsSpan(Offset(layer) + _llrSlot[path * (Layers + 1) + layer] * (N >> layer), N >> layer);

    private Span<uint> BitArray(int path, int layer) =>
        _bits.AsSpan(Offset(layer) + _bitSlot[path * (Layers + 1) + layer] * (N >> layer), N >> layer);

    private void UpdateLlr(int path, int layer, ReadOnlySpan<float> parent, bool right)
    {
        TakeOver(_llrSlot, _llrUsers, path, layer);
        var half = N >> layer;
        var upper = MemoryMarshal.Cast<float, uint>(parent[..half]);
        var lower = MemoryMarshal.Cast<float, uint>(parent[half..]);
        var target = MemoryMarshal.Cast<float, uint>(LlrArray(path, layer));
        if (right)
        {
            RightLlr(upper, lower, BitArray(path, layer), target);
        }
        else
        {
            LeftLlr(upper, lower, target);
        }
    }

    /// <summary>f(a, b) = sign(a)·sign(b)·min(|a|, |b|).</summary>
    private static void LeftLlr(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, Span<uint> target)
    {
        var i = 0;
        var sign = new Vector<uint>(SignMask);
        for (; i <= target.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            var (x, y) = (new Vector<uint>(a[i..]), new Vector<uint>(b[i..]));
            var magnitude = Vector.Min(Vector.AsVectorSingle(Vector.AndNot(x, sign)), Vector.AsVectorSingle(Vector.AndNot(y, sign)));
            (Vector.AsVectorUInt32(magnitude) | ((x ^ y) & sign)).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            // Magnitudes of floats order like their bit patterns.
            target[i] = Math.Min(a[i] & ~SignMask, b[i] & ~SignMask) | ((a[i] ^ b[i]) & SignMask);
        }
    }

    /// <summary>g(a, b, u) = b + (1 − 2u)·a.</summary>
    private static void RightLlr(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, ReadOnlySpan<uint> bits, Span<uint> target)
    {
        var i = 0;
        for (; i <= target.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            var signed = Vector.AsVectorSingle(new Vector<uint>(a[i..]) ^ new Vector<uint>(bits[i..]));
            Vector.AsVectorUInt32(signed + Vector.AsVectorSingle(new Vector<uint>(b[i..]))).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] = BitConverter.SingleToUInt32Bits(
                BitConverter.UInt32BitsToSingle(a[i] ^ bits[i]) + BitConverter.UInt32BitsToSingle(b[i]));
        }
    }

    /// <summary>Continues every path with both bits and keeps the likeliest. Fork 2p + b is path p with bit b.</summary>
    private void Fork(int leaf)
    {
        Span<float> metrics = stackalloc float[2 * Paths];
        Span<byte> forks = stackalloc byte[2 * Paths];
        for (var path = 0; path < _active; path++)
        {
            var llr = LlrArray(path, Layers)[0];
            metrics[2 * path] = _metric[path] + Math.Max(0, -llr);
            metrics[2 * path + 1] = _metric[path] + Math.Max(0, llr);
        }

        var count = 2 * _active;
        for (var i = 0; i < count; i++)
        {
            forks[i] = (byte)i;
        }

        if (count > Paths)
        {
            metrics[..count].Sort(forks[..count]);
            count = Paths;
        }

        Adopt(metrics[..count], forks[..count]);
        for (var path = 0; path < _active; path++)
        {
            PropagateBit(path, leaf, (forks[path] & 1) == 0 ? 0 : SignMask);
        }
    }

    private void Adopt(ReadOnlySpan<float> metrics, ReadOnlySpan<byte> forks)
    {
        const int Width = Layers + 1;
        Span<UInt128> payloads = stackalloc UInt128[Paths];
        var llrSlots = _slotScratch.AsSpan(0, Paths * Width);
        var bitSlots = _slotScratch.AsSpan(Paths * Width);
        Array.Clear(_llrUsers);
        Array.Clear(_bitUsers);
        for (var i = 0; i < forks.Length; i++)
        {
            var from = forks[i] / 2;
            payloads[i] = (_payload[from] << 1) | (UInt128)(forks[i] & 1);
            for (var d = 1; d <= Layers; d++)
            {
                var llrSlot = _llrSlot[from * Width + d];
                var bitSlot = _bitSlot[from * Width + d];
                llrSlots[i * Width + d] = llrSlot;
                bitSlots[i * Width + d] = bitSlot;
                _llrUsers[d * Paths + llrSlot]++;
                _bitUsers[d * Paths + bitSlot]++;
            }
        }

        _active = forks.Length;
        metrics.CopyTo(_metric);
        payloads[.._active].CopyTo(_payload);
        llrSlots.CopyTo(_llrSlot);
        bitSlots.CopyTo(_bitSlot);
    }

    /// <summary>Combines the decided bit with those of left siblings on the way up; the next right turn reads the sum.</summary>
    private void PropagateBit(int path, int leaf, uint bit)
    {
        var current = _sums.AsSpan(0, N);
        var next = _sums.AsSpan(N, N);
        current[0] = bit;
        var layer = Layers;
        for (; layer > 0 && ((leaf >> (Layers - layer)) & 1) != 0; layer--)
        {
            var length = N >> layer;
            var left = BitArray(path, layer);
            Xor(left, current[..length], next);
            current[..length].CopyTo(next[length..]);
            var swap = current;
            current = next;
            next = swap;
        }

        if (layer > 0)
        {
            TakeOver(_bitSlot, _bitUsers, path, layer);
            current[..(N >> layer)].CopyTo(BitArray(path, layer));
        }
    }

    private static void Xor(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, Span<uint> target)
    {
        var i = 0;
        for (; i <= a.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            (new Vector<uint>(a[i..]) ^ new Vector<uint>(b[i..])).CopyTo(target[i..]);
        }

        for (; i < a.Length; i++)
        {
            target[i] = a[i] ^ b[i];
        }
    }

    /// <summary>Makes the path the only user of its array at this layer; the content is about to be replaced.</summary>
    private static void TakeOver(byte[] slots, byte[] users, int path, int layer)
    {
        ref var slot = ref slots[path * (Layers + 1) + layer];
        var layerUsers = users.AsSpan(layer * Paths, Paths);
        if (layerUsers[slot] > 1)
        {
            layerUsers[slot]--;
            slot = (byte)layerUsers.IndexOf((byte)0);
            layerUsers[slot] = 1;
        }
    }
}
