using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace DctNet.Core.Watermark;

/// <summary>
/// The low-frequency part of the discrete Fourier transform of a residual, at 1/1024 cycles per pixel: |u| ≤ 320 and v from −8 to
/// 327 (the other half is the complex conjugate). The origin is the middle of the plane, so the spectrum is smooth between its
/// bins and a mark at any scale and angle can be read from it by interpolation instead of warping pixels.
/// </summary>
/// <remarks>A plane larger than 1024 on a side is cut to its central 1024.</remarks>
internal sealed class ResidualSpectrum : IDisposable
{
    /// <summary>Transform length: twice the canonical short side, so that bins are denser than the picture's own resolution.</summary>
    public const int Size = 1024;

    /// <summary>Highest frequency kept: the mark's 0.135 c/px at a scale of 0.45, plus a margin for interpolation.</summary>
    public const int Band = 320;

    private const int Rows = 2 * Band + 1;
    private const int Columns = Band + 8;

    // Negative v kept beside the half-plane, so that interpolation needs no special case at v = 0.
    private const int Apron = 8;
    private const int Stride = Apron + Columns;

    private static readonly BatchFft s_fft = new(Size);

    // Of as many columns as a vector has lanes. With 16 lanes the last block is wider than the rest of its row: what it has too much lies in
    // the next row's apron, which is filled afterwards, or behind the last row.
    private static readonly int s_blocks = (Columns + Vector<float>.Count - 1) / Vector<float>.Count;

    private float[]? _values = ArrayPool<float>.Shared.Rent(2 * Rows * Stride + Vector<float>.Count);

    private ResidualSpectrum()
    {
    }

    // [u + Band][v + Apron]: all real parts, then all imaginary parts.
    private float[] Values => _values ?? throw new ObjectDisposedException(nameof(ResidualSpectrum));

    public static ResidualSpectrum Of(Plane residual)
    {
        var spectrum = new ResidualSpectrum();
        var vectors = ArrayPool<Vector<float>>.Shared.Rent(4 * Size + 2 * s_blocks * Size);
        var middleRe = vectors.AsSpan(4 * Size, s_blocks * Size);
        var middleIm = vectors.AsSpan(4 * Size + s_blocks * Size, s_blocks * Size);
        AlongColumns(residual, middleRe, middleIm, vectors);
        spectrum.AlongRows(middleRe, middleIm, vectors);
        spectrum.FillApron();
        ArrayPool<Vector<float>>.Shared.Return(vectors);
        return spectrum;
    }

    /// <summary>The coefficient of a bin, |u| ≤ <see cref="Band"/> and |v| ≤ <see cref="Band"/>.</summary>
    public Phasor At(int u, int v)
    {
        var conjugate = v < 0;
        var place = (conjugate ? Band - u : Band + u) * Stride + Apron + Math.Abs(v);
        var im = Values[Rows * Stride + place];
        return new Phasor(Values[place], conjugate ? -im : im);
    }

    /// <summary>The spectrum at a fractional frequency (in bins), by Catmull-Rom interpolation; zero outside what is kept.</summary>
    public Phasor At(float u, float v)
    {
        var conjugate = v < 0;
        var (row, column) = conjugate ? (Band - u, Apron - v) : (Band + u, Apron + v);
        if (!(row >= 1 && row < Rows - 2 && column < Stride - 3))
        {
            return default;
        }

        var (r, c) = ((int)row, (int)column);
        var rowWeights = CubicWeights(row - r);
        var columnWeights = CubicWeights(column - c);
        var start = (r - 1) * Stride + c - 1;
        var (re, im) = (Vector128<float>.Zero, Vector128<float>.Zero);
        ref var first = ref Values[start];
        for (var i = 0; i < 4; i++)
        {
            re += Vector128.LoadUnsafe(ref first, (nuint)(i * Stride)) * rowWeights[i];
            im += Vector128.LoadUnsafe(ref first, (nuint)((Rows + i) * Stride)) * rowWeights[i];
        }

        var sumIm = Vector128.Dot(im, columnWeights);
        return new Phasor(Vector128.Dot(re, columnWeights), conjugate ? -sumIm : sumIm);
    }

    /// <summary>|X|² of the bins (u, 0), (u, 1), … (u, <see cref="Band"/>).</summary>
    public void Power(int u, Span<float> target)
    {
        var place = (Band + u) * Stride + Apron;
        ReadOnlySpan<float> re = Values.AsSpan(place, Band + 1);
        ReadOnlySpan<float> im = Values.AsSpan(Rows * Stride + place, Band + 1);
        TensorPrimitives.Multiply(re, re, target);
        TensorPrimitives.MultiplyAdd(im, im, target, target);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    private static Vector128<float> CubicWeights(float t) => Vector128.Create(
        ((-0.5f * t + 1) * t - 0.5f) * t,
        (1.5f * t - 2.5f) * t * t + 1,
        ((-1.5f * t + 2) * t + 0.5f) * t,
        (0.5f * t - 0.5f) * t * t);

    /// <summary>
    /// Transforms the columns of the real plane into [v / lanes][x], a lane for each v of the block. Two columns go through one complex
    /// transform as real and imaginary part and are told apart afterwards by the symmetry of real spectra. The pairs are such that
    /// a plane up to 512 wide, which lies in the first and the last quarter, fills half of them and leaves the others empty.
    /// </summary>
    private static void AlongColumns(Plane residual, Span<Vector<float>> middleRe, Span<Vector<float>> middleIm, Vector<float>[] vectors)
    {
        var re = vectors.AsSpan(0, Size);
        var im = vectors.AsSpan(Size, Size);
        var scratchRe = vectors.AsSpan(2 * Size, Size);
        var scratchIm = vectors.AsSpan(3 * Size, Size);
        for (var x = 0; x < Size / 2; x += Vector<float>.Count)
        {
            var partner = x < Size / 4 ? x + 3 * Size / 4 : x + Size / 4;
            if (Gather(residual, x, re) | Gather(residual, partner, im))
            {
                s_fft.Forward(re, im, scratchRe, scratchIm);
            }

            Separate(re, im, scratchRe, scratchIm, second: false);
            Store(scratchRe, middleRe, x);
            Store(scratchIm, middleIm, x);
            Separate(re, im, scratchRe, scratchIm, second: true);
            Store(scratchRe, middleRe, partner);
            Store(scratchIm, middleIm, partner);
        }

        static void Store(Span<Vector<float>> column, Span<Vector<float>> middle, int x)
        {
            for (var block = 0; block < s_blocks; block++)
            {
                BatchFft.Transpose(column[(block * Vector<float>.Count)..], middle[(block * Size + x)..]);
            }
        }
    }

    /// <summary>Reads columns x, x + 1, … (one a lane), the middle of the plane at the origin, zeros around it; false if all are zero.</summary>
    private static bool Gather(Plane plane, int x, Span<Vector<float>> lanes)
    {
        var left = plane.Width / 2 + (x < Size / 2 ? x : x - Size);
        if (left >= plane.Width || left + Vector<float>.Count <= 0)
        {
            lanes.Clear();
            return false;
        }

        var inside = left >= 0 && left + Vector<float>.Count <= plane.Width;
        Span<float> partial = stackalloc float[Vector<float>.Count];
        for (var i = 0; i < Size; i++)
        {
            var y = plane.Height / 2 + (i < Size / 2 ? i : i - Size);
            if (y < 0 || y >= plane.Height)
            {
                lanes[i] = Vector<float>.Zero;
            }
            else if (inside)
            {
                lanes[i] = new Vector<float>(plane.Row(y)[left..]);
            }
            else
            {
                var row = plane.Row(y);
                for (var l = 0; l < partial.Length; l++)
                {
                    partial[l] = left + l >= 0 && left + l < row.Length ? row[left + l] : 0;
                }

                lanes[i] = new Vector<float>(partial);
            }
        }

        return true;
    }

    /// <summary>From Z = F(a) + i·F(b) of two real sequences: F(a) = (Z(v) + Z*(−v))/2 and F(b) = (Z(v) − Z*(−v))/2i.</summary>
    private static void Separate(
        Span<Vector<float>> zRe, Span<Vector<float>> zIm, Span<Vector<float>> re, Span<Vector<float>> im, bool second)
    {
        var half = new Vector<float>(0.5f);
        for (var v = 0; v < s_blocks * Vector<float>.Count; v++)
        {
            var mirror = (Size - v) % Size;
            (re[v], im[v]) = second
                ? ((zIm[v] + zIm[mirror]) * half, (zRe[mirror] - zRe[v]) * half)
                : ((zRe[v] + zRe[mirror]) * half, (zIm[v] - zIm[mirror]) * half);
        }
    }

    private void AlongRows(Span<Vector<float>> middleRe, Span<Vector<float>> middleIm, Vector<float>[] vectors)
    {
        for (var block = 0; block < s_blocks; block++)
        {
            var re = middleRe.Slice(block * Size, Size);
            var im = middleIm.Slice(block * Size, Size);
            s_fft.Forward(re, im, vectors.AsSpan(0, Size), vectors.AsSpan(Size, Size));
            for (var u = -Band; u <= Band; u++)
            {
                var place = (u + Band) * Stride + Apron + block * Vector<float>.Count;
                re[(u + Size) % Size].CopyTo(Values, place);
                im[(u + Size) % Size].CopyTo(Values, Rows * Stride + place);
            }
        }
    }

    private void FillApron()
    {
        for (var u = -Band; u <= Band; u++)
        {
            for (var v = 1; v <= Apron; v++)
            {
                var coefficient = At(-u, v);
                var place = (u + Band) * Stride + Apron - v;
                Values[place] = coefficient.Re;
                Values[Rows * Stride + place] = -coefficient.Im;
            }
        }
    }
}
