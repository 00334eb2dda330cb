namespace DctNet.ModelTools;

/// <summary>A constant: row-major values, outermost dimension first; a scalar has no dimensions. Integers are kept as floats.</summary>
internal sealed record Tensor(int[] Shape, float[] Values)
{
    public static Tensor Vector(params float[] values) => new([values.Length], values);

    /// <summary>The number of elements of a shape.</summary>
    /// <exception cref="ModelFormatException">A dimension is negative, or there are more of them or of elements than a network of this kind has.</exception>
    public static int Count(IEnumerable<int> shape)
    {
        const int MaxRank = 8;
        var (count, rank) = (1, 0);
        foreach (var side in shape)
        {
            count = side < 0 ? throw new ModelFormatException("a constant has a negative dimension") : Bounded((long)count * side);
            if (++rank > MaxRank)
            {
                throw new ModelFormatException("a constant has more dimensions than any of DCT-Net");
            }
        }

        return count;
    }

    /// <summary>A number of elements, of one constant or of several together.</summary>
    /// <exception cref="ModelFormatException">They are more than a network of this kind has.</exception>
    public static int Bounded(long count)
    {
        // DCT-Net has 1.5 million; the bound keeps a made-up shape from taking the memory.
        const long Most = 16 << 20;
        return count <= Most ? (int)count : throw new ModelFormatException("a constant is larger than any of DCT-Net");
    }

    public int[] ToIntegers() => Array.ConvertAll(Values, value => (int)Math.Clamp((double)value, int.MinValue, int.MaxValue));
}
