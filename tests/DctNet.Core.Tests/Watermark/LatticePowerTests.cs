using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>The power table against its definition.</summary>
public sealed class LatticePowerTests
{
    private const int Band = ResidualSpectrum.Band;
    private const int Side = 2 * Band + 1;

    // Coordinates come from two products, two sums and a matrix, all rounded to 2⁻²⁴ of numbers up to 1024: together less than this.
    private const double PlaceError = 2e-4;

    // About ten roundings to 2⁻²⁴ of numbers up to 240.
    private const double LevelError = 5e-4;

    private static readonly LatticePose[] s_poses =
    [
        LatticePose.Identity, LatticePose.Of(0.45, 0), LatticePose.Of(1, Math.PI / 2), LatticePose.Of(1.1, 0.3, 1.2),
        LatticePose.Of(2.5, 2), LatticePose.Sheared(0.93, 0.1, 0), new LatticePose(-0.81, 0.02, 0.01, 0.83), LatticePose.Of(0.3, 0.7),
    ];

    public static TheoryData<int> Lengths => [.. Enumerable.Range(0, 40), CarrierGrid.Count, CarrierGrid.Count + 5];

    [Fact]
    public void Scores_agree_with_a_table_by_definition()
    {
        // Noise, and a wave whose line reaches the cap.
        using var residual = Planes.Random(150, 131, 3);
        for (var i = 0; i < residual.Span.Length; i++)
        {
            residual.Span[i] = residual.Span[i] / 255 - 0.5f + 0.3f * MathF.Cos(0.9f * (i % 150) + 0.4f * (i / 150));
        }

        using var spectrum = ResidualSpectrum.Of(residual);
        using var power = new LatticePower(spectrum);

        var table = NaiveTable(spectrum);
        double[] steps = [.. table.Cast<double>().Select(Math.Floor)];
        var mean = steps.Average();
        var deviation = Math.Sqrt(steps.Average(step => (step - mean) * (step - mean)));
        foreach (var pose in s_poses)
        {
            var (low, high) = (0.0, 0.0);
            foreach (var (u, v) in CarrierGrid.Bins)
            {
                // Where rounding could go either way, either is right.
                var (row, column) = Place(pose, u, v);
                double[] levels =
                [
                    Level(row - PlaceError, column - PlaceError), Level(row - PlaceError, column + PlaceError),
                    Level(row + PlaceError, column - PlaceError), Level(row + PlaceError, column + PlaceError),
                ];
                low += Math.Floor(levels.Min() - LevelError);
                high += Math.Floor(levels.Max() + LevelError);
            }

            (low, high) = (Score(low), Score(high));
            Assert.InRange(high - low, 0, 0.3);
            Assert.InRange(power.Score(pose), low - 1e-3, high + 1e-3);
        }

        double Score(double sum) => (sum - CarrierGrid.Count * mean) / (Math.Sqrt(CarrierGrid.Count) * deviation);

        // The half of the table that is not made is the other one turned.
        double Level(double row, double column)
        {
            var (u, v) = ((int)Math.Clamp(row + 0.5, 0, Side - 1) - Band, (int)Math.Clamp(column + 0.5, 0, Side - 1) - Band);
            return v > 0 || (v == 0 && u >= 0) ? table[u + Band, v] : table[Band - u, -v];
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Every_frequency_is_located_where_its_pose_has_it(int length)
    {
        var random = new Random(length);
        float[] us = [.. Enumerable.Range(0, length).Select(_ => random.Next(-17, 18))];
        float[] vs = [.. Enumerable.Range(0, length).Select(_ => random.Next(-17, 18))];
        var places = new int[length];
        foreach (var pose in s_poses)
        {
            Array.Fill(places, -1);
            LatticePower.Locate(us, vs, pose, places);

            for (var i = 0; i < length; i++)
            {
                var (row, column) = Place(pose, us[i], vs[i]);
                Assert.Equal(Math.Clamp(row, 0, Side - 1), places[i] / Side, 0.5 + PlaceError);
                Assert.Equal(Math.Clamp(column, 0, Side - 1), places[i] % Side, 0.5 + PlaceError);
            }
        }
    }

    /// <summary>A frequency of the tile goes to the inverse transpose of the pose, 1024/128 bins for each.</summary>
    private static (double Row, double Column) Place(LatticePose pose, double u, double v)
    {
        var determinant = pose.M11 * pose.M22 - pose.M12 * pose.M21;
        return (Band + 8 * (pose.M22 * u - pose.M21 * v) / determinant, Band + 8 * (pose.M11 * v - pose.M12 * u) / determinant);
    }

    /// <summary>Power over its mean in 31 × 31, capped at 6, smoothed, in fortieths; beyond an edge the last values repeat.</summary>
    private static double[,] NaiveTable(ResidualSpectrum spectrum)
    {
        double[] square = [.. Enumerable.Repeat(1 / 31.0, 31)];
        double[] gaussian = [0.2061, 0.5718, 0.2061];
        var power = new double[Side, Band + 1];
        ForEach((u, v) =>
        {
            var (re, im) = spectrum.At(u - Band, v);
            power[u, v] = (double)re * re + (double)im * im;
        });
        var level = Smoothed(power, square);
        var ratio = new double[Side, Band + 1];
        ForEach((u, v) => ratio[u, v] = Math.Min(6, power[u, v] / (level[u, v] + 1e-9)));
        var table = Smoothed(ratio, gaussian);
        ForEach((u, v) => table[u, v] *= 40);
        return table;
    }

    private static double[,] Smoothed(double[,] values, double[] weights)
    {
        var radius = weights.Length / 2;
        var (across, both) = (new double[Side, Band + 1], new double[Side, Band + 1]);
        ForEach((u, v) =>
        {
            for (var k = -radius; k <= radius; k++)
            {
                across[u, v] += weights[k + radius] * values[u, Math.Clamp(v + k, 0, Band)];
            }
        });
        ForEach((u, v) =>
        {
            for (var k = -radius; k <= radius; k++)
            {
                both[u, v] += weights[k + radius] * across[Math.Clamp(u + k, 0, Side - 1), v];
            }
        });
        return both;
    }

    private static void ForEach(Action<int, int> action)
    {
        for (var u = 0; u < Side; u++)
        {
            for (var v = 0; v <= Band; v++)
            {
                action(u, v);
            }
        }
    }
}
