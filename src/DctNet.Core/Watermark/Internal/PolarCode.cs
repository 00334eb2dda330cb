namespace DctNet.Core.Watermark;

/// <summary>
/// The polar(512, 104) code (Arikan 2009) in natural bit order, information set by polarisation weight: the 104 indices with the
/// largest Σ bᵢ·2^(i/4) over their binary digits bᵢ (beta expansion, He et al. 2017).
/// </summary>
internal static class PolarCode
{
    public const int LengthLog2 = 9;
    public const int Length = 1 << LengthLog2;
    public const int Dimension = KeySchedule.PayloadBits;

    private static readonly int[] s_information = BuildInformationSet();
    private static readonly bool[] s_isInformation = [.. Enumerable.Range(0, Length).Select(i => Array.IndexOf(s_information, i) >= 0)];

    /// <summary>Positions of the payload bits, ascending; payload bit 0 (most significant) is at the first.</summary>
    public static ReadOnlySpan<int> Information => s_information;

    /// <summary>Whether position i carries a payload bit; the others are zero.</summary>
    public static ReadOnlySpan<bool> IsInformation => s_isInformation;

    /// <summary>Encodes the low <see cref="Dimension"/> bits of the payload, most significant first.</summary>
    /// <param name="payload">Bits 103..0.</param>
    /// <param name="code"><see cref="Length"/> coded bits, 0 or 1.</param>
    public static void Encode(UInt128 payload, Span<byte> code)
    {
        code.Clear();
        for (var i = 0; i < Dimension; i++)
        {
            code[s_information[i]] = (byte)((payload >> (Dimension - 1 - i)) & 1);
        }

        for (var span = 1; span < Length; span *= 2)
        {
            for (var start = 0; start < Length; start += 2 * span)
            {
                for (var i = start; i < start + span; i++)
                {
                    code[i] ^= code[i + span];
                }
            }
        }
    }

    private static int[] BuildInformationSet()
    {
        var reliability = new double[Length];
        for (var i = 0; i < Length; i++)
        {
            for (var bit = 0; bit < LengthLog2; bit++)
            {
                reliability[i] += ((i >> bit) & 1) * Math.Pow(2, bit / 4.0);
            }
        }

        int[] information = [.. Enumerable.Range(0, Length).OrderByDescending(i => reliability[i]).Take(Dimension)];
        Array.Sort(information);
        return information;
    }
}
