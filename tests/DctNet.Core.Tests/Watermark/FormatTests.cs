using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>
/// The test vector of FORMAT.md, which an independent implementation reproduced. If this fails, pictures marked earlier are no longer
/// recognised: that is a new version of the format.
/// </summary>
public sealed class FormatTests
{
    private static readonly WatermarkKey s_key = TestKeys.Counting;
    private static readonly WatermarkId s_id = new(0x0123_4567_89ab_cdef);
    private static readonly KeySchedule s_schedule = new(s_key);

    [Fact]
    public void Keys_are_derived_as_written()
    {
        Assert.Equal("fcb38190", s_key.Id);
        Assert.Equal("3556ea698e30b965d4c82e063b54e723e9abf02b6854045b080b077e70055bad", Convert.ToHexStringLower(s_key.Derive("mac")));
    }

    [Fact]
    public void The_payload_is_the_id_and_its_tag() =>
        Assert.Equal(new UInt128(0x01_2345_6789, 0xabcd_ef0f_eeb5_4232), s_schedule.Payload(s_id));

    [Fact]
    public void The_code_word_is_as_written()
    {
        var code = new byte[PolarCode.Length];
        PolarCode.Encode(s_schedule.Payload(s_id), code);

        var bytes = code.Chunk(8).Select(bits => (byte)bits.Aggregate(0, (value, bit) => 2 * value + bit)).ToArray();
        Assert.Equal(
            "027ccf3f9d3d99b7a461c3885249fc69da5bd4db451a82537c46d86c8a6ee78d"
            + "750bb848ea4aeec0d316b4ff253e8b1ead2ca3ac326df5240b31af1bfd1990fa",
            Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Carriers_and_their_scrambling_are_as_written()
    {
        Assert.Equal(424, CarrierGrid.Count);
        Assert.Equal((84, 340), (s_schedule.Pilots.Length, s_schedule.Data.Length));
        Assert.Equal([7, 10, 14, 15, 16, 18, 19, 20, 27, 28, 29, 31], s_schedule.Pilots[..12]);
        Assert.Equal([244, 176, 489, 263, 138, 348], s_schedule.CodeBits[..6]);
        Assert.Equal([460, 308, 345, 72], s_schedule.CodeBits[512..516]);
        Assert.Equal("1011111001111000", string.Concat(s_schedule.Flips.Take(16).Select(flip => flip ? '1' : '0')));
        Assert.Equal((2, 14, 65), s_schedule.Placement(s_id));
    }

    [Fact]
    public void The_tile_is_as_written()
    {
        var tile = MarkTile.Synthesise(s_schedule, s_id);

        Assert.Equal(0.7921, tile[0], 1e-4);
        Assert.Equal(0.51349, tile[1], 1e-5);
        Assert.Equal(-0.03117, tile[2], 1e-5);
        Assert.Equal(1.83992, tile[128], 1e-5);
        Assert.Equal(1.00996, tile[64 * 128 + 64], 1e-5);
        Assert.Equal(1, tile.Average(value => value * value), 1e-4);
    }

    [Fact]
    public void Draws_below_a_bound_are_uniform_and_shuffles_are_permutations()
    {
        var stream = new KeyStream(s_key.Derive("test"));
        var counts = new int[10];
        for (var i = 0; i < 10_000; i++)
        {
            counts[stream.Below(10)]++;
        }

        // χ² with nine degrees of freedom exceeds 27.9 once in a thousand.
        Assert.InRange(counts.Sum(count => (count - 1000.0) * (count - 1000.0) / 1000), 0, 27.9);
        int[] items = [.. Enumerable.Range(0, 100)];
        stream.Shuffle<int>(items);
        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
    }
}
