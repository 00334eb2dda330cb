using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class ChannelGainTests
{
    [Fact]
    public void A_clear_low_pass_is_followed_and_a_noisy_flat_one_stays_flat()
    {
        var (clear, noisy) = (new ChannelGain(), new ChannelGain());
        var random = new Random(4);
        for (var carrier = 0; carrier < CarrierGrid.Count; carrier += 5)
        {
            clear.Add(carrier, 10 * LowPass(carrier), 0.01f);
            noisy.Add(carrier, 10 + 10 * (random.NextSingle() - 0.5f), 2000);
        }

        clear.Solve();
        noisy.Solve();

        for (var carrier = 0; carrier < CarrierGrid.Count; carrier += 7)
        {
            Assert.Equal(10 * LowPass(carrier), clear.Gain(carrier), 0.1);
            Assert.Equal(10, noisy.Gain(carrier), 2.5);
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
