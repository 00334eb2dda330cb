namespace DctNet.Core.Watermark;

/// <summary>Reads the payload from samples whose pilots have been found: soft bits, list decoding, MAC.</summary>
/// <param name="tagBits">How many of the 40 tag bits are compared; fewer only in the false-positive test.</param>
internal sealed class PayloadDecoder(int tagBits) : IDisposable
{
    private const float LlrLimit = 30;

    private readonly PolarListDecoder _decoder = new();
    private readonly float[] _llr = new float[PolarCode.Length];
    private readonly UInt128[] _payloads = new UInt128[PolarListDecoder.Paths];

    /// <summary>The id whose tag is right, or null. Samples of several parts of a picture in one pose are read together.</summary>
    public WatermarkId? Decode(ReadOnlySpan<LatticeSample> samples, KeySchedule schedule, PilotPeak peak, MacBudget budget)
    {
        SoftBits(samples, schedule, peak, _llr);
        var count = _decoder.Decode(_llr, _payloads);
        for (var i = 0; i < count && budget.TryTake(); i++)
        {
            var id = new WatermarkId((ulong)(_payloads[i] >> KeySchedule.TagBits));
            var difference = (ulong)(_payloads[i] & ((1UL << KeySchedule.TagBits) - 1)) ^ schedule.Tag(id);
            if (difference >> (KeySchedule.TagBits - tagBits) == 0)
            {
                return id;
            }
        }

        return null;
    }

    public void Dispose() => _decoder.Dispose();

    /// <summary>
    /// LLRs of the coded bits, positive for 0. With carriers a·(±1 ± i) in noise of power 1, each part has LLR 4a·y; parts that
    /// repeat a coded bit add, and so do samples. How much of each frequency came through is told by the pilots of each.
    /// </summary>
    internal static void SoftBits(ReadOnlySpan<LatticeSample> samples, KeySchedule schedule, PilotPeak peak, Span<float> llr)
    {
        var images = CarrierGrid.Images(peak.Orientation);
        var amplitude = schedule.DataAmplitude / MathF.Sqrt(2);
        llr.Clear();
        foreach (var sample in samples)
        {
            var channel = EstimateChannel(sample, schedule, peak, images);
            for (var i = 0; i < schedule.Data.Length; i++)
            {
                var carrier = schedule.Data[i];
                var scale = 4 * amplitude * channel.Gain(carrier);
                var value = Aligned(sample, carrier, images, peak) * schedule.DataPhases[i].Conjugate() * scale;
                Add(llr, 2 * i, value.Re);
                Add(llr, 2 * i + 1, value.Im);
            }
        }

        for (var i = 0; i < llr.Length; i++)
        {
            llr[i] = Math.Clamp(llr[i], -LlrLimit, LlrLimit);
        }

        void Add(Span<float> llr, int dimension, float value) =>
            llr[schedule.CodeBits[dimension]] += schedule.Flips[dimension] ? -value : value;
    }

    private static ChannelGain EstimateChannel(LatticeSample sample, KeySchedule schedule, PilotPeak peak, ReadOnlySpan<int> images)
    {
        var channel = new ChannelGain();
        for (var i = 0; i < schedule.Pilots.Length; i++)
        {
            var pilot = schedule.Pilots[i];
            var value = Aligned(sample, pilot, images, peak) * schedule.PilotPhases[peak.Pool][i].Conjugate();
            channel.Add(pilot, value.Re / schedule.PilotAmplitude, 1 / (schedule.PilotAmplitude * schedule.PilotAmplitude));
        }

        channel.Solve();
        return channel;
    }

    /// <summary>The value of a carrier with the shift of the tile undone.</summary>
    private static Phasor Aligned(LatticeSample sample, int carrier, ReadOnlySpan<int> images, PilotPeak peak)
    {
        var image = images[carrier];
        var (u, v) = CarrierGrid.Bins[image >= 0 ? image : ~image];
        var turns = (u * peak.ShiftX + v * peak.ShiftY) / CarrierGrid.TileSize;
        return sample.At(carrier, images) * Phasor.Turn(image >= 0 ? turns : -turns);
    }
}
