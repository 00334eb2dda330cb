using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DctNet.Core.Watermark;

/// <summary>
/// What JPEG does to luma, without the entropy coding: 8 × 8 DCT, quantisation with the table of ITU-T T.81 Annex K scaled as in the
/// Independent JPEG Group's library, and back. The embedder tries strengths with it.
/// </summary>
internal static class JpegSimulation
{
    private const int N = 8;

    // T.81, table K.1, in natural order.
    private static readonly byte[] s_luminance =
    [
        16, 11, 10, 16, 24, 40, 51, 61,
        12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56,
        14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77,
        24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101,
        72, 92, 95, 98, 112, 100, 103, 99,
    ];

    /// <summary>Rows of the orthonormal DCT-II, and of its transpose.</summary>
    private static readonly Vector256<float>[] s_cosines = BuildCosines(transposed: false);
    private static readonly Vector256<float>[] s_transposed = BuildCosines(transposed: true);

    /// <summary>Compresses and decompresses a luma plane (range 0..255) in place.</summary>
    public static void Apply(Plane luma, int quality)
    {
        Span<Vector256<float>> steps = stackalloc Vector256<float>[N];
        FillSteps(quality, steps);
        Span<Vector256<float>> block = stackalloc Vector256<float>[N];
        Span<Vector256<float>> work = stackalloc Vector256<float>[N];
        for (var y = 0; y < luma.Height; y += N)
        {
            for (var x = 0; x < luma.Width; x += N)
            {
                Load(luma, x, y, block);
                LeftMultiply(s_cosines, block, work);
                RightMultiply(work, s_transposed, block);
                for (var i = 0; i < N; i++)
                {
                    block[i] = Vector256.Round(block[i] / steps[i]) * steps[i];
                }

                LeftMultiply(s_transposed, block, work);
                RightMultiply(work, s_cosines, block);
                Store(block, luma, x, y);
            }
        }
    }

    private static void FillSteps(int quality, Span<Vector256<float>> steps)
    {
        var percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        var flat = MemoryMarshal.Cast<Vector256<float>, float>(steps);
        for (var i = 0; i < flat.Length; i++)
        {
            flat[i] = Math.Clamp((s_luminance[i] * percent + 50) / 100, 1, 255);
        }
    }

    private static Vector256<float>[] BuildCosines(bool transposed)
    {
        var rows = new Vector256<float>[N];
        var flat = MemoryMarshal.Cast<Vector256<float>, float>(rows.AsSpan());
        for (var k = 0; k < N; k++)
        {
            for (var i = 0; i < N; i++)
            {
                var value = Math.Cos(Math.PI * (i + 0.5) * k / N) * Math.Sqrt((k == 0 ? 1.0 : 2.0) / N);
                flat[transposed ? N * i + k : N * k + i] = (float)value;
            }
        }

        return rows;
    }

    /// <summary>result = matrix · block.</summary>
    private static void LeftMultiply(Vector256<float>[] matrix, ReadOnlySpan<Vector256<float>> block, Span<Vector256<float>> result)
    {
        var factors = MemoryMarshal.Cast<Vector256<float>, float>(matrix.AsSpan());
        for (var i = 0; i < N; i++)
        {
            var sum = Vector256<float>.Zero;
            for (var k = 0; k < N; k++)
            {
                sum = Vector256.MultiplyAddEstimate(block[k], Vector256.Create(factors[N * i + k]), sum);
            }

            result[i] = sum;
        }
    }

    /// <summary>result = block · matrix.</summary>
    private static void RightMultiply(ReadOnlySpan<Vector256<float>> block, Vector256<float>[] matrix, Span<Vector256<float>> result)
    {
        var factors = MemoryMarshal.Cast<Vector256<float>, float>(block);
        for (var i = 0; i < N; i++)
        {
            var sum = Vector256<float>.Zero;
            for (var k = 0; k < N; k++)
            {
                sum = Vector256.MultiplyAddEstimate(matrix[k], Vector256.Create(factors[N * i + k]), sum);
            }

            result[i] = sum;
        }
    }

    /// <summary>Reads a block as whole grey levels around zero; past the border the last sample is repeated.</summary>
    private static void Load(Plane luma, int x, int y, Span<Vector256<float>> block)
    {
        Span<float> samples = stackalloc float[N];
        for (var i = 0; i < N; i++)
        {
            ReadOnlySpan<float> row = luma.ClampedRow(y + i)[x..];
            if (row.Length >= N)
            {
                block[i] = Vector256.Create(row);
            }
            else
            {
                samples.Fill(row[^1]);
                row.CopyTo(samples);
                block[i] = Vector256.Create<float>(samples);
            }

            block[i] = Vector256.Round(block[i]) - Vector256.Create(128f);
        }
    }

    private static void Store(ReadOnlySpan<Vector256<float>> block, Plane luma, int x, int y)
    {
        Span<float> samples = stackalloc float[N];
        for (var i = 0; i < N && y + i < luma.Height; i++)
        {
            var row = luma.Row(y + i)[x..];
            var levels = Vector256.ClampNative(
                Vector256.Round(block[i] + Vector256.Create(128f)), Vector256<float>.Zero, Vector256.Create(255f));
            if (row.Length >= N)
            {
                levels.CopyTo(row);
            }
            else
            {
                levels.CopyTo(samples);
                samples[..row.Length].CopyTo(row);
            }
        }
    }
}
