using DctNet.Core.Watermark;

namespace DctNet.Core.Tests.Watermark;

/// <summary>
/// The naive twin of the list decoder: it keeps the decided bits of every path and computes each leaf's LLR from the channel by the
/// recursive definition, sharing nothing.
/// </summary>
internal static class NaiveListDecoder
{
    public static UInt128[] Decode(float[] llr, int paths)
    {
        var list = new List<(float Metric, byte[] Bits)> { (0, []) };
        for (var i = 0; i < llr.Length; i++)
        {
            var next = new List<(float Metric, byte[] Bits)>();
            foreach (var (metric, bits) in list)
            {
                var leaf = LeafLlr(llr, bits, i);
                next.Add((metric + Math.Max(0, -leaf), [.. bits, 0]));
                if (PolarCode.IsInformation[i])
                {
                    next.Add((metric + Math.Max(0, leaf), [.. bits, 1]));
                }
            }

            list = [.. next.OrderBy(path => path.Metric).Take(paths)];
        }

        return [.. list.Select(path => Payload(path.Bits))];
    }

    /// <summary>LLR of bit i of a (sub)code, given its channel LLRs and the bits before i.</summary>
    private static float LeafLlr(ReadOnlySpan<float> llr, ReadOnlySpan<byte> bits, int i)
    {
        if (llr.Length == 1)
        {
            return llr[0];
        }

        var half = llr.Length / 2;
        var inner = new float[half];
        if (i < half)
        {
            for (var j = 0; j < half; j++)
            {
                var (a, b) = (llr[j], llr[j + half]);
                inner[j] = MathF.Sign(a) * MathF.Sign(b) * Math.Min(Math.Abs(a), Math.Abs(b));
            }

            return LeafLlr(inner, bits, i);
        }

        var left = Encode(bits[..half]);
        for (var j = 0; j < half; j++)
        {
            inner[j] = llr[j + half] + (1 - 2 * left[j]) * llr[j];
        }

        return LeafLlr(inner, bits[half..], i - half);
    }

    private static byte[] Encode(ReadOnlySpan<byte> bits)
    {
        if (bits.Length == 1)
        {
            return [bits[0]];
        }

        var half = bits.Length / 2;
        var (left, right) = (Encode(bits[..half]), Encode(bits[half..]));
        return [.. left.Zip(right, (a, b) => (byte)(a ^ b)), .. right];
    }

    private static UInt128 Payload(byte[] bits)
    {
        var payload = UInt128.Zero;
        foreach (var place in PolarCode.Information)
        {
            payload = (payload << 1) | bits[place];
        }

        return payload;
    }
}
