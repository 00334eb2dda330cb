using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>The search over all shifts at once against correlations one by one.</summary>
public sealed class PilotSearchTests
{
    private const int N = CarrierGrid.TileSize;

    private static readonly (double Cos, double Sin)[] s_turns = [.. Enumerable.Range(0, N).Select(i =>
    {
        var (sin, cos) = Math.SinCos(2 * Math.PI * i / N);
        return (cos, sin);
    })];

    [Theory]
    [InlineData(128)]
    [InlineData(64)]
    public void Peaks_are_where_the_correlation_by_definition_is_highest(int grid)
    {
        var schedule = new KeySchedule(TestKeys.Counting);
        var sample = Sample(schedule);
        foreach (var channel in Enum.GetValues<ExpectedChannel>())
        {
            var peaks = PilotSearch.Find(sample, schedule, grid, channel);

            Assert.Equal(KeySchedule.PilotPool * CarrierGrid.Orientations.Length, peaks.Length);
            Assert.Equal(peaks.OrderByDescending(peak => peak.Score), peaks);
            for (var pool = 0; pool < KeySchedule.PilotPool; pool++)
            {
                for (var orientation = 0; orientation < CarrierGrid.Orientations.Length; orientation++)
                {
                    // No correlation is more than 16 (82 pilots of 2·2·0.05), after 14 stages of a transform that round to 2⁻²⁴ of it: 1.4e-5, or
                    // 2e-5 deviations. Of the parabola it is divided by a curvature of more than 0.05, and counts twice in the coarse grid.
                    var expected = NaivePeak(sample, schedule, grid, channel, pool, orientation);
                    var actual = Assert.Single(peaks, peak => peak.Pool == pool && peak.Orientation == orientation);
                    Assert.Equal(expected.Score, actual.Score, 1e-4);
                    Assert.Equal(expected.X, actual.ShiftX, 1e-3);
                    Assert.Equal(expected.Y, actual.ShiftY, 1e-3);
                }
            }
        }
    }

    /// <summary>A mark in as much noise.</summary>
    private static LatticeSample Sample(KeySchedule schedule)
    {
        var tile = MarkTile.Synthesise(schedule, new WatermarkId(5));
        using var plane = Planes.Random(270, 256, 9);
        for (var y = 0; y < plane.Height; y++)
        {
            for (var x = 0; x < plane.Width; x++)
            {
                plane.Row(y)[x] = plane.Row(y)[x] / 128 - 1 + 0.2f * tile[y % N * N + x % N];
            }
        }

        using var spectrum = ResidualSpectrum.Of(plane);
        return LatticeSample.Take(spectrum, LatticePose.Identity);
    }

    private static (double Score, double X, double Y) NaivePeak(
        LatticeSample sample, KeySchedule schedule, int grid, ExpectedChannel channel, int pool, int orientation)
    {
        var (m11, m12, m21, m22) = CarrierGrid.Orientations[orientation];
        var pilots = new List<(int U, int V, double Re, double Im)>();
        var weights = 0.0;
        for (var i = 0; i < schedule.Pilots.Length; i++)
        {
            var (pilotU, pilotV) = CarrierGrid.Bins[schedule.Pilots[i]];
            var (u, v) = (m11 * pilotU + m12 * pilotV, m21 * pilotU + m22 * pilotV);
            var weight = Weight(channel, pilotU, pilotV);
            var value = At(sample, u, v) * schedule.PilotPhases[pool][i].Conjugate();
            pilots.Add((u, v, schedule.PilotAmplitude * weight * value.Re, schedule.PilotAmplitude * weight * value.Im));
            weights += weight * weight;
        }

        var step = N / grid;
        var correlation = new double[grid, grid];
        var (bestX, bestY) = (0, 0);
        for (var y = 0; y < grid; y++)
        {
            for (var x = 0; x < grid; x++)
            {
                foreach (var (u, v, re, im) in pilots)
                {
                    // With its conjugate in the other half-plane.
                    var (cos, sin) = s_turns[(u * x + v * y) * step & (N - 1)];
                    correlation[y, x] += 2 * (re * cos - im * sin);
                }

                (bestX, bestY) = correlation[y, x] > correlation[bestY, bestX] ? (x, y) : (bestX, bestY);
            }
        }

        var top = correlation[bestY, bestX];
        var (offsetX, riseX) = Vertex(Beside(-1, 0), top, Beside(1, 0));
        var (offsetY, riseY) = Vertex(Beside(0, -1), top, Beside(0, 1));
        var deviation = schedule.PilotAmplitude * Math.Sqrt(2 * weights);
        return ((top + riseX + riseY) / deviation, (bestX + offsetX) * step, (bestY + offsetY) * step);

        double Beside(int x, int y) => correlation[(bestY + y + grid) % grid, (bestX + x + grid) % grid];
    }

    /// <summary>The coefficient at a frequency of either half-plane.</summary>
    private static Phasor At(LatticeSample sample, int u, int v)
    {
        var place = CarrierGrid.Bins.IndexOf((u, v));
        return place >= 0 ? sample.Values[place] : sample.Values[CarrierGrid.Bins.IndexOf((-u, -v))].Conjugate();
    }

    private static double Weight(ExpectedChannel channel, int u, int v) => channel switch
    {
        ExpectedChannel.Low => Math.Exp(-(u * u + v * v) / 81.0),
        ExpectedChannel.Chequered => Math.Cos(Math.PI * u / 18) * Math.Cos(Math.PI * v / 18),
        _ => 1,
    };

    /// <summary>Of a + bt + ct² through three values at −1, 0 and 1: where it is highest, and by how much.</summary>
    private static (double Offset, double Rise) Vertex(double before, double top, double after)
    {
        var (b, c) = ((after - before) / 2, (after + before) / 2 - top);
        return c < 0 ? (-b / (2 * c), -b * b / (4 * c)) : (0, 0);
    }
}
