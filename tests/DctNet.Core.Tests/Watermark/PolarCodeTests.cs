using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class PolarCodeTests
{
    [Fact]
    public void Encoding_is_the_kronecker_power_of_the_kernel()
    {
        // Row i of the generator holds a 1 in column j exactly when the binary digits of j are among those of i.
        for (var bit = 0; bit < PolarCode.Dimension; bit += 7)
        {
            var code = new byte[PolarCode.Length];
            PolarCode.Encode(UInt128.One << (PolarCode.Dimension - 1 - bit), code);
            var row = PolarCode.Information[bit];
            for (var j = 0; j < code.Length; j++)
            {
                Assert.Equal((j & ~row) == 0 ? 1 : 0, code[j]);
            }
        }
    }

    [Theory]
    [InlineData(0.4f)]
    [InlineData(1.0f)]
    [InlineData(1.6f)]
    public void The_decoder_agrees_with_one_that_copies_everything(float noise)
    {
        using var decoder = new PolarListDecoder();
        var random = new Random(17);
        for (var trial = 0; trial < 2; trial++)
        {
            var (_, llr) = Transmit(random, noise);
            var payloads = new UInt128[PolarListDecoder.Paths];

            var count = decoder.Decode(llr, payloads);

            Assert.Equal(NaiveListDecoder.Decode(llr, PolarListDecoder.Paths), payloads[..count]);
        }
    }

    [Fact]
    public void Nearly_all_frames_come_through_at_two_decibels()
    {
        // Eb/N0 = 2 dB at rate 104/512 in amplitude 1: noise σ² = 1 / (2 · rate · 10^0.2). The prototype lost 0 of 200 at 1.5 dB.
        var sigma = (float)Math.Sqrt(1 / (2 * (double)PolarCode.Dimension / PolarCode.Length * Math.Pow(10, 0.2)));
        using var decoder = new PolarListDecoder();
        var random = new Random(3);
        var payloads = new UInt128[PolarListDecoder.Paths];
        var lost = 0;
        for (var frame = 0; frame < 100; frame++)
        {
            var (payload, llr) = Transmit(random, sigma);
            var count = decoder.Decode(llr, payloads);
            lost += payloads.AsSpan(0, count).Contains(payload) ? 0 : 1;
        }

        Assert.InRange(lost, 0, 2);
    }

    private static (UInt128 Payload, float[] Llr) Transmit(Random random, float sigma)
    {
        var payload = new UInt128((ulong)random.NextInt64() & ((1UL << (PolarCode.Dimension - 64)) - 1), (ulong)random.NextInt64());
        var code = new byte[PolarCode.Length];
        PolarCode.Encode(payload, code);
        return (payload, [.. code.Select(bit => 2 / (sigma * sigma) * (1 - 2 * bit + sigma * Gaussian(random)))]);
    }

    private static float Gaussian(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
