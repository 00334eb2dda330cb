using System.Buffers;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// Correlates a sample with the pilots of a key over all shifts of the tile at once (one inverse transform gives them all), for
/// every pilot set and orientation.
/// </summary>
internal static class PilotSearch
{
    // A Gaussian blur of 3 canonical pixels leaves about this share at a squared radius; stronger and weaker ones are near enough.
    private const float LowRadiusSquared = 81;

    private static readonly float[][] s_weights = [Weights((_, _) => 1), Weights(Low), Weights(Chequered)];

    /// <summary>The best peak of every pilot set and orientation, the best first.</summary>
    /// <param name="sample">Carriers of the pose looked at.</param>
    /// <param name="schedule">Whose pilots.</param>
    /// <param name="grid">
    /// How many shifts are looked at along each side: 128, every canonical pixel; or 64, every second one, a fifth of the time, with peaks
    /// that can come out a few per cent too low.
    /// </param>
    /// <param name="channel">What to expect of the pilots.</param>
    public static PilotPeak[] Find(
        LatticeSample sample, KeySchedule schedule, int grid = CarrierGrid.TileSize, ExpectedChannel channel = ExpectedChannel.Even)
    {
        var orientations = CarrierGrid.Orientations.Length;
        var peaks = new PilotPeak[KeySchedule.PilotPool * orientations];
        var planes = ArrayPool<float>.Shared.Rent(2 * grid * grid);
        var re = planes.AsSpan(0, grid * grid);
        var im = planes.AsSpan(grid * grid, grid * grid);
        var weights = s_weights[(int)channel];
        // Of the correlation without a mark: every pilot adds 2·Re(…) of variance 2p², times its weight squared.
        var deviation = schedule.PilotAmplitude * MathF.Sqrt(2 * schedule.Pilots.Sum(pilot => weights[pilot] * weights[pilot]));
        for (var pool = 0; pool < KeySchedule.PilotPool; pool++)
        {
            // Correlations are real, so two orientations share one transform as its real and imaginary part.
            for (var orientation = 0; orientation < orientations; orientation += 2)
            {
                re.Clear();
                im.Clear();
                Place(sample, schedule, weights, pool, orientation, re, im, grid);
                TileTransform.Inverse(re, im, grid);
                var slot = pool * orientations + orientation;
                peaks[slot] = Peak(re, grid, pool, orientation, deviation);
                peaks[slot + 1] = Peak(im, grid, pool, orientation + 1, deviation);
            }
        }

        ArrayPool<float>.Shared.Return(planes);
        Array.Sort(peaks, static (a, b) => b.Score.CompareTo(a.Score));
        return peaks;
    }

    private static float[] Weights(Func<int, int, float> weight) => [.. CarrierGrid.Bins.ToArray().Select(bin => weight(bin.U, bin.V))];

    private static float Low(int u, int v) => MathF.Exp(-(u * u + v * v) / LowRadiusSquared);

    private static float Chequered(int u, int v)
    {
        return HalfWave(u) * HalfWave(v);

        static float HalfWave(int frequency) => MathF.Cos(MathF.PI * frequency / (CarrierGrid.MaxFrequency + 1));
    }

    private static void Place(
        LatticeSample sample, KeySchedule schedule, float[] weights, int pool, int orientation, Span<float> re, Span<float> im, int grid)
    {
        var images = CarrierGrid.Images(orientation);
        var imagesOfSecond = CarrierGrid.Images(orientation + 1);
        for (var i = 0; i < schedule.Pilots.Length; i++)
        {
            var pilot = schedule.Pilots[i];
            var expected = schedule.PilotPhases[pool][i].Conjugate() * (schedule.PilotAmplitude * weights[pilot]);
            Add(re, im, Places(images[pilot], grid), sample.At(pilot, images) * expected);
            AddImaginary(re, im, Places(imagesOfSecond[pilot], grid), sample.At(pilot, imagesOfSecond) * expected);
        }
    }

    /// <summary>Adds g at the place of a carrier image and g* at its mirror, whose transform is real.</summary>
    private static void Add(Span<float> re, Span<float> im, (int Place, int Mirror) at, Phasor g)
    {
        re[at.Place] += g.Re;
        im[at.Place] += g.Im;
        re[at.Mirror] += g.Re;
        im[at.Mirror] -= g.Im;
    }

    /// <summary>Adds i·g and i·g*, whose transform is imaginary.</summary>
    private static void AddImaginary(Span<float> re, Span<float> im, (int Place, int Mirror) at, Phasor g)
    {
        re[at.Place] -= g.Im;
        im[at.Place] += g.Re;
        re[at.Mirror] += g.Im;
        im[at.Mirror] += g.Re;
    }

    /// <summary>[u][v] of a carrier image and of its mirror through the origin.</summary>
    private static (int Place, int Mirror) Places(int image, int grid)
    {
        var (u, v) = CarrierGrid.Bins[image >= 0 ? image : ~image];
        var (place, mirror) = ((u + grid) % grid * grid + v, (grid - u) % grid * grid + (grid - v) % grid);
        return image >= 0 ? (place, mirror) : (mirror, place);
    }

    /// <summary>The highest point, between the places of the grid by a parabola through its neighbours.</summary>
    private static PilotPeak Peak(ReadOnlySpan<float> correlation, int grid, int pool, int orientation, float deviation)
    {
        var best = TensorPrimitives.IndexOfMax(correlation);
        var (y, x) = Math.DivRem(best, grid);
        var top = correlation[best];
        var (offsetX, riseX) = Vertex(correlation[y * grid + (x + grid - 1) % grid], top, correlation[y * grid + (x + 1) % grid]);
        var (offsetY, riseY) = Vertex(correlation[(y + grid - 1) % grid * grid + x], top, correlation[(y + 1) % grid * grid + x]);
        var step = CarrierGrid.TileSize / grid;
        return new PilotPeak((top + riseX + riseY) / deviation, pool, orientation, (x + offsetX) * step, (y + offsetY) * step);
    }

    /// <summary>Where the parabola through three values at −1, 0, 1 has its top, and how far that is above the middle value.</summary>
    private static (float Offset, float Rise) Vertex(float before, float top, float after)
    {
        var curvature = before - 2 * top + after;
        var offset = curvature >= 0 ? 0 : 0.5f * (before - after) / curvature;
        return (offset, 0.25f * (after - before) * offset);
    }
}
