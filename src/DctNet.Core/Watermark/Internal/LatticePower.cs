using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// How much power a spectrum has at a place compared with its surroundings, as one byte a bin: the table in which the lattice of a
/// mark's carriers is looked for when scale and angle are unknown. Phases, and so keys, do not matter for that.
/// </summary>
internal sealed class LatticePower : IDisposable
{
    private const int Band = ResidualSpectrum.Band;
    private const int Side = 2 * Band + 1;

    // Mean over 31 × 31 bins as the level, ratios capped at 6 (a lone line of the picture must not outvote the lattice).
    private const int LevelRadius = 15;
    private const float RatioCap = 6;
    private const float StepsPerUnit = 40;

    private static readonly float[] s_u = [.. CarrierGrid.Bins.ToArray().Select(bin => (float)bin.U)];
    private static readonly float[] s_v = [.. CarrierGrid.Bins.ToArray().Select(bin => (float)bin.V)];

    // [u + Band][v + Band], both halves, so that no lookup has to care about signs.
    private readonly byte[] _table = ArrayPool<byte>.Shared.Rent(Side * Side);
    private readonly float _mean;
    private readonly float _deviation;

    public LatticePower(ResidualSpectrum spectrum)
    {
        // Rows are frequencies u here, as in the spectrum.
        using var power = new Plane(Band + 1, Side);
        using var level = new Plane(Band + 1, Side);
        for (var u = 0; u < Side; u++)
        {
            spectrum.Power(u - Band, power.Row(u));
        }

        WindowFilter.WideMean(power, level, LevelRadius);
        for (var u = 0; u < Side; u++)
        {
            TensorPrimitives.Add(level.Row(u), 1e-9f, level.Row(u));
            TensorPrimitives.Divide(power.Row(u), level.Row(u), power.Row(u));
            TensorPrimitives.Min(power.Row(u), RatioCap, power.Row(u));
        }

        (_mean, _deviation) = FillTable(power);
    }

    /// <summary>The summed power at the carriers of a pose, in standard deviations of a sum over as many random places.</summary>
    public float Score(LatticePose pose)
    {
        Span<int> places = stackalloc int[CarrierGrid.Count];
        Locate(s_u, s_v, pose, places);
        var sum = 0;
        var table = _table;
        foreach (var place in places)
        {
            sum += table[place];
        }

        return (sum - places.Length * _mean) / (MathF.Sqrt(places.Length) * _deviation);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_table);

    /// <summary>Where in the table tile frequencies of a pose are; beyond it, the place on its border.</summary>
    internal static void Locate(ReadOnlySpan<float> us, ReadOnlySpan<float> vs, LatticePose pose, Span<int> places)
    {
        const float Offset = Band + 0.5f;
        var (uu, uv, vu, vv) = pose.ToBins();
        var i = 0;
        var (offset, side) = (new Vector<float>(Offset), new Vector<int>(Side));
        var last = new Vector<float>(Side - 1);
        for (; i <= places.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var (u, v) = (new Vector<float>(us[i..]), new Vector<float>(vs[i..]));
            var row = Vector.ConvertToInt32(Vector.ClampNative(u * uu + v * uv + offset, Vector<float>.Zero, last));
            var column = Vector.ConvertToInt32(Vector.ClampNative(u * vu + v * vv + offset, Vector<float>.Zero, last));
            (row * side + column).CopyTo(places[i..]);
        }

        for (; i < places.Length; i++)
        {
            var row = (int)Math.Clamp(us[i] * uu + vs[i] * uv + Offset, 0, Side - 1);
            var column = (int)Math.Clamp(us[i] * vu + vs[i] * vv + Offset, 0, Side - 1);
            places[i] = row * Side + column;
        }
    }

    /// <summary>Smooths the ratios a little (a carrier between bins spreads over them) and writes both halves of the table.</summary>
    private (float Mean, float Deviation) FillTable(Plane ratio)
    {
        // Gaussian of σ = 0.7 bins.
        const float Centre = 0.5718f;
        const float Beside = 0.2061f;
        Span<float> padded = stackalloc float[Band + 3];
        Span<float> row = stackalloc float[Band + 1];
        var (sum, squares) = (0.0, 0.0);
        for (var u = 0; u < Side; u++)
        {
            var middle = padded[1..^1];
            TensorPrimitives.Add(ratio.ClampedRow(u - 1), ratio.ClampedRow(u + 1), middle);
            TensorPrimitives.Multiply(middle, Beside / Centre, middle);
            TensorPrimitives.Add(middle, ratio.Row(u), middle);
            (padded[0], padded[^1]) = (middle[0], middle[^1]);
            TensorPrimitives.Add(padded[..^2], padded[2..], row);
            TensorPrimitives.Multiply(row, Beside / Centre, row);
            TensorPrimitives.Add(row, middle, row);
            TensorPrimitives.Multiply(row, StepsPerUnit * Centre * Centre, row);
            TensorPrimitives.Truncate(row, row);
            (sum, squares) = (sum + TensorPrimitives.Sum<float>(row), squares + TensorPrimitives.SumOfSquares<float>(row));
            var half = _table.AsSpan(u * Side + Band, row.Length);
            var otherHalf = _table.AsSpan((Side - 1 - u) * Side, row.Length);
            for (var v = 0; v < row.Length; v++)
            {
                half[v] = otherHalf[^(v + 1)] = (byte)row[v];
            }
        }

        var count = (double)Side * (Band + 1);
        var mean = sum / count;
        return ((float)mean, (float)Math.Sqrt(squares / count - mean * mean));
    }
}
