using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class ChannelGainTests
{
    [Fact]
    public void A_clear_low_pass_is_followed_and_a_noisy_flat_one_stays_flat()
    {
        var random = new Random(4);
        var clear = Fitted(carrier => 10 * LowPass(carrier), 0.01f);
        var noisy = Fitted(_ => 10 + 10 * (random.NextSingle() - 0.5f), 2000);

        for (var carrier = 0; carrier < CarrierGrid.Count; carrier += 7)
        {
            Assert.Equal(10 * LowPass(carrier), clear.Gain(carrier), 0.5);
            Assert.Equal(10, noisy.Gain(carrier), 2.5);
        }
    }

    [Fact]
    public void Turned_signs_of_a_mean_over_squares_are_followed()
    {
        var random = new Random(5);
        var channel = Fitted(carrier => 10 * SquareMean(carrier) + 2 * (random.NextSingle() - 0.5f), 2);

        for (var carrier = 0; carrier < CarrierGrid.Count; carrier++)
        {
            Assert.Equal(10 * SquareMean(carrier), channel.Gain(carrier), 1.5);
        }
    }

    /// <summary>A channel that every fifth carrier has shown.</summary>
    private static ChannelGain Fitted(Func<int, float> gain, float noise)
    {
        var channel = new ChannelGain();
        for (var carrier = 0; carrier < CarrierGrid.Count; carrier += 5)
        {
            channel.Add(carrier, gain(carrier), noise);
        }

        channel.Solve();
        return channel;
    }

    /// <summary>What is left by a mean over squares of 14 pixels, as non-local means makes of flat areas 768 px high.</summary>
    private static float SquareMean(int carrier)
    {
        var (u, v) = CarrierGrid.Bins[carrier];
        return Sinc(u) * Sinc(v);

        static float Sinc(int frequency)
        {
            var x = MathF.PI * 14 * frequency / CarrierGrid.TileSize;
            return frequency == 0 ? 1 : MathF.Sin(x) / x;
        }
    }

    /// <summary>Falls linearly from 1 at the lowest to 0.2 at the highest carrier.</summary>
    private static float LowPass(int carrier)
    {
        var (u, v) = CarrierGrid.Bins[carrier];
        var (lowest, highest) = (Math.Sqrt(CarrierGrid.MinRadiusSquared), Math.Sqrt(CarrierGrid.MaxRadiusSquared));
        return (float)(1 - 0.8 * (Math.Sqrt(u * u + v * v) - lowest) / (highest - lowest));
    }
}
