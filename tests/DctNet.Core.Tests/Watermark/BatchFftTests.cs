using System.Numerics;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class BatchFftTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    [InlineData(1024)]
    public void Every_lane_agrees_with_the_definition(int length)
    {
        var random = new Random(length);
        var re = RandomVectors(length, random);
        var im = RandomVectors(length, random);
        var (inputRe, inputIm) = (re.ToArray(), im.ToArray());

        new BatchFft(length).Forward(re, im, new Vector<float>[length], new Vector<float>[length]);

        for (var lane = 0; lane < Vector<float>.Count; lane++)
        {
            var expected = NaiveDft(inputRe.Select(v => v[lane]).ToArray(), inputIm.Select(v => v[lane]).ToArray());
            for (var k = 0; k < length; k++)
            {
                Assert.Equal(expected[k].Real, re[k][lane], 1e-4 * length);
                Assert.Equal(expected[k].Imaginary, im[k][lane], 1e-4 * length);
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(128)]
    public void The_inverse_undoes_the_transform(int length)
    {
        var random = new Random(length);
        var re = RandomVectors(length, random);
        var im = RandomVectors(length, random);
        var (inputRe, inputIm) = (re.ToArray(), im.ToArray());
        var fft = new BatchFft(length);

        fft.Forward(re, im, new Vector<float>[length], new Vector<float>[length]);
        fft.Inverse(re, im, new Vector<float>[length], new Vector<float>[length]);

        for (var i = 0; i < length; i++)
        {
            for (var lane = 0; lane < Vector<float>.Count; lane++)
            {
                Assert.Equal(inputRe[i][lane], re[i][lane] / length, 1e-5);
                Assert.Equal(inputIm[i][lane], im[i][lane] / length, 1e-5);
            }
        }
    }

    [Fact]
    public void A_transposed_block_has_rows_for_columns()
    {
        var block = RandomVectors(Vector<float>.Count, new Random(5));
        var transposed = new Vector<float>[Vector<float>.Count];

        BatchFft.Transpose(block, transposed);

        for (var k = 0; k < block.Length; k++)
        {
            for (var l = 0; l < block.Length; l++)
            {
                Assert.Equal(block[k][l], transposed[l][k]);
            }
        }
    }

    [Fact]
    public void A_tile_is_the_sum_of_its_waves()
    {
        const int N = CarrierGrid.TileSize;
        var (re, im) = (new float[N * N], new float[N * N]);
        var waves = new[] { (U: 3, V: 7, Re: 1f, Im: 0.5f), (U: N - 5, V: 2, Re: -0.3f, Im: 0.8f), (U: 0, V: N - 17, Re: 0.6f, Im: 0f) };
        foreach (var (u, v, waveRe, waveIm) in waves)
        {
            (re[u * N + v], im[u * N + v]) = (waveRe, waveIm);
        }

        TileTransform.Inverse(re, im);

        foreach (var (x, y) in new[] { (0, 0), (1, 0), (0, 1), (17, 99), (127, 126) })
        {
            var expected = waves.Aggregate(Complex.Zero, (sum, w) =>
                sum + new Complex(w.Re, w.Im) * Complex.Exp(2 * Math.PI * Complex.ImaginaryOne * (w.U * x + w.V * y) / N));
            Assert.Equal(expected.Real, re[y * N + x], 1e-4);
            Assert.Equal(expected.Imaginary, im[y * N + x], 1e-4);
        }
    }

    private static Vector<float>[] RandomVectors(int count, Random random)
    {
        var lanes = new float[Vector<float>.Count];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            for (var l = 0; l < lanes.Length; l++)
            {
                lanes[l] = random.NextSingle() - 0.5f;
            }

            return new Vector<float>(lanes);
        })];
    }

    private static Complex[] NaiveDft(float[] re, float[] im)
    {
        var n = re.Length;
        return [.. Enumerable.Range(0, n).Select(k => Enumerable.Range(0, n).Aggregate(Complex.Zero, (sum, i) =>
            sum + new Complex(re[i], im[i]) * Complex.Exp(-2 * Math.PI * Complex.ImaginaryOne * (k * i % n) / n)))];
    }
}
