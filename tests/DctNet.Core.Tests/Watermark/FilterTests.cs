using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>The fast filters against their naive twins.</summary>
public sealed class FilterTests
{
    [Theory]
    [InlineData(40, 33, 3)]
    [InlineData(67, 20, 4)]
    [InlineData(5, 6, 4)]
    [InlineData(50, 20, 15)]
    public void Window_means_and_minima_agree_with_the_definition(int width, int height, int radius)
    {
        using var source = Planes.Random(width, height, 100);
        using var mean = new Plane(width, height);
        using var minimum = new Plane(width, height);

        WindowFilter.Mean(source, mean, radius);
        WindowFilter.Minimum(source, minimum, radius);
        using var wide = new Plane(width, height);
        WindowFilter.WideMean(source, wide, radius);

        ForEach(source, (x, y) =>
        {
            var window = Window(source, x, y, radius).ToArray();
            Assert.Equal(window.Average(), mean.Row(y)[x], 1e-3);
            Assert.Equal(window.Average(), wide.Row(y)[x], 1e-3);
            Assert.Equal(window.Min(), minimum.Row(y)[x]);
        });
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Luma_weighs_red_green_and_blue_and_sees_through_to_white(int channels)
    {
        using var picture = new Core.Imaging.PixelBuffer(53, 2, channels);
        new Random(3).NextBytes(picture.Span);
        var luma = new float[53];

        LumaRows.FromPixels(picture.Row(1), channels, luma);

        for (var x = 0; x < luma.Length; x++)
        {
            var pixel = picture.Row(1).Slice(channels * x, channels);
            var colour = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
            var opacity = channels == 4 ? pixel[3] / 255.0 : 1;
            Assert.Equal(opacity * colour + (1 - opacity) * 255, luma[x], 1e-3);
        }
    }

    [Theory]
    [InlineData(100, 80, 37, 40)]
    [InlineData(64, 64, 64, 21)]
    [InlineData(97, 50, 33, 25)]
    public void Shrinking_weighs_by_area(int width, int height, int toWidth, int toHeight)
    {
        using var source = Planes.Random(width, height, 7);
        using var target = Resampler.Resize(new PlaneRows(source), toWidth, toHeight);

        ForEach(target, (x, y) => Assert.Equal(NaiveArea(source, target, x, y), target.Row(y)[x], 1e-3));
    }

    [Fact]
    public void Enlarging_keeps_straight_lines_straight()
    {
        // Cubic convolution reproduces polynomials of the first degree exactly, away from the border.
        using var source = new Plane(40, 30);
        ForEach(source, (x, y) => source.Row(y)[x] = 3 * x - 2 * y + 5);

        using var target = Resampler.Resize(new PlaneRows(source), 93, 71);

        for (var y = 8; y < 63; y++)
        {
            for (var x = 8; x < 85; x++)
            {
                var (sourceX, sourceY) = ((x + 0.5) * 40 / 93 - 0.5, (y + 0.5) * 30 / 71 - 0.5);
                Assert.Equal(3 * sourceX - 2 * sourceY + 5, target.Row(y)[x], 1e-3);
            }
        }
    }

    [Fact]
    public void The_residual_agrees_with_the_guided_filter_by_definition()
    {
        using var luma = Planes.Random(30, 26, 11);
        using var smooth = new Plane(30, 26);
        ForEach(luma, (x, y) => smooth.Row(y)[x] = Window(luma, x, y, 1).Average());
        var (mean, slope, offset) = (new double[26, 30], new double[26, 30], new double[26, 30]);
        ForEach(luma, (x, y) =>
        {
            var window = Window(smooth, x, y, 3).Select(v => (double)v).ToArray();
            var average = window.Average();
            var variance = window.Average(v => (v - average) * (v - average));
            (mean[y, x], slope[y, x]) = (average, variance / (variance + 400));
            offset[y, x] = average * (1 - slope[y, x]);
        });
        var raw = new double[26, 30];
        ForEach(luma, (x, y) => raw[y, x] = smooth.Row(y)[x] - (Mean(slope, x, y, 3) * smooth.Row(y)[x] + Mean(offset, x, y, 3)));
        var power = new double[26, 30];
        ForEach(luma, (x, y) => power[y, x] = raw[y, x] * raw[y, x]);

        GuidedResidual.Replace(luma);

        ForEach(luma, (x, y) =>
        {
            var expected = Math.Clamp(raw[y, x] / (Mean(power, x, y, 4) + 1.5), -3, 3);
            Assert.Equal(expected, luma.Row(y)[x], 1e-3);
        });
    }

    [Fact]
    public void Ssim_agrees_with_the_definition()
    {
        using var original = Planes.Random(48, 37, 21);
        using var noise = Planes.Random(48, 37, 22);
        using var marked = new Plane(48, 37);
        ForEach(marked, (x, y) => marked.Row(y)[x] = original.Row(y)[x] + 0.1f * (noise.Row(y)[x] - 128));

        using var meter = new SsimMeter(48);
        var difference = new float[48];
        for (var y = 0; y < 37; y++)
        {
            for (var x = 0; x < 48; x++)
            {
                difference[x] = marked.Row(y)[x] - original.Row(y)[x];
            }

            meter.AddRow(original.Row(y), difference);
        }

        Assert.Equal(NaiveSsim(original, marked), meter.Mean, 1e-5);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(26)]
    [InlineData(27)]
    [InlineData(200)]
    public void Ssim_counts_every_window_of_a_row_and_no_other(int width)
    {
        using var original = Planes.Random(width, 13, 23);
        using var marked = Planes.Random(width, 13, 24);

        Assert.Equal(NaiveSsim(original, marked), Ssim.Of(original.Span, marked.Span, width), 1e-5);
    }

    [Theory]
    [InlineData(192, 250)]
    [InlineData(701, 512)]
    [InlineData(1030, 1024)]
    public void The_field_is_the_tile_enlarged_under_the_mask_enlarged(int width, int height)
    {
        var scale = 512.0 / Math.Min(width, height);
        using var tile = Planes.Random(128, 128, 51);
        using var mask = Planes.Random((int)Math.Round(width * scale), (int)Math.Round(height * scale), 52);
        using var field = new MarkField(tile.Span, mask, width, height);
        var row = new float[width];
        foreach (var y in new[] { 0, 1, height / 3, height - 1 })
        {
            field.Row(y, row);
            for (var x = 0; x < width; x++)
            {
                var (u, v) = ((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5);
                var wave = 0.0;
                for (var j = (int)Math.Floor(v) - 1; j <= Math.Floor(v) + 2; j++)
                {
                    for (var i = (int)Math.Floor(u) - 1; i <= Math.Floor(u) + 2; i++)
                    {
                        wave += tile.Row(j & 127)[i & 127] * ResampleTaps.CatmullRom(u - i) * ResampleTaps.CatmullRom(v - j);
                    }
                }

                Assert.Equal(wave * Bilinear(mask, u, v), row[x], 0.1);
            }
        }
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(3, 90)]
    [InlineData(3, 300)]
    [InlineData(4, 4)]
    public void Steps_are_added_and_clipped_and_their_errors_counted(int channels, int largest)
    {
        const int Width = 77;
        var random = new Random(61);
        var source = new byte[Width * channels];
        random.NextBytes(source);
        for (var i = 0; i < source.Length; i += 5)
        {
            // Many that clip, and with four channels some that are clear.
            source[i] = (byte)(i % 2 == 0 ? random.Next(3) : 255 - random.Next(3));
        }

        float[] steps = [.. Enumerable.Range(0, Width).Select(_ => (float)random.Next(-largest, largest + 1))];
        var (expected, lumaSteps, error, samples) = (source.ToArray(), new double[Width], 0L, 0L);
        for (var x = 0; x < Width; x++)
        {
            var opacity = channels == 4 ? source[4 * x + 3] : 255;
            for (var c = 0; c < 3 && opacity > 0; c++)
            {
                var i = x * channels + c;
                expected[i] = (byte)Math.Clamp(source[i] + (int)steps[x], 0, 255);
                var change = expected[i] - source[i];
                lumaSteps[x] += new[] { 0.299, 0.587, 0.114 }[c] * change * opacity / 255;
                (error, samples) = (error + change * change, samples + 1);
            }
        }

        // Source and target may be the same.
        var counted = MarkWriter.AddRow(source, source, channels, steps);

        Assert.Equal((error, samples), counted);
        Assert.Equal(expected, source);
        Assert.All(Enumerable.Range(0, Width), x => Assert.Equal(lumaSteps[x], steps[x], 1e-3));
    }

    [Theory]
    [InlineData(50)]
    [InlineData(90)]
    public void Simulated_jpeg_agrees_with_the_transform_by_definition(int quality)
    {
        using var plane = Planes.Random(16, 8, 31);
        using var original = new Plane(16, 8);
        ForEach(plane, (x, y) => original.Row(y)[x] = plane.Row(y)[x] = MathF.Round(90 + plane.Row(y)[x] / 4));

        JpegSimulation.Apply(plane, quality);

        // Table K.1 of T.81 starts 16 11 10 …; quality 50 takes it as it is, 90 a fifth of it.
        for (var block = 0; block < 2; block++)
        {
            var (before, after) = (NaiveDct(original, 8 * block), NaiveDct(plane, 8 * block));
            var step = quality == 50 ? 16 : 3;
            Assert.Equal(step * Math.Round(before[0, 0] / step), after[0, 0], 2.0);
            step = quality == 50 ? 99 : 20;
            Assert.Equal(step * Math.Round(before[7, 7] / step), after[7, 7], 2.0);
        }
    }

    [Fact]
    public void Simulated_jpeg_is_as_far_from_the_original_as_the_real_one()
    {
        using var picture = MarkPictures.Cartoon(317, 250);
        using var real = picture.Edit(image => NetVips.Image.NewFromBuffer(
            image.JpegsaveBuffer(q: 50, subsampleMode: NetVips.Enums.ForeignSubsample.Off)));
        using var before = CanonicalPicture.Of(picture, 250);
        using var after = CanonicalPicture.Of(real, 250);
        using var simulated = CanonicalPicture.Of(picture, 250);

        JpegSimulation.Apply(simulated, 50);

        Assert.InRange(Distance(before, simulated) / Distance(before, after), 0.9, 1.1);
        Assert.True(Distance(simulated, after) < 0.4 * Distance(before, after));
    }

    private static double Distance(Plane a, Plane b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Span.Length; i++)
        {
            sum += (a.Span[i] - b.Span[i]) * (a.Span[i] - b.Span[i]);
        }

        return Math.Sqrt(sum / a.Span.Length);
    }

    private static double Bilinear(Plane plane, double x, double y)
    {
        (x, y) = (Math.Clamp(x, 0, plane.Width - 1), Math.Clamp(y, 0, plane.Height - 1));
        var (left, top) = (Math.Min((int)x, plane.Width - 2), Math.Min((int)y, plane.Height - 2));
        double Along(int row) => plane.Row(row)[left] + (x - left) * (plane.Row(row)[left + 1] - plane.Row(row)[left]);
        return Along(top) + (y - top) * (Along(top + 1) - Along(top));
    }

    private static double[,] NaiveDct(Plane plane, int left)
    {
        var result = new double[8, 8];
        for (var v = 0; v < 8; v++)
        {
            for (var u = 0; u < 8; u++)
            {
                for (var y = 0; y < 8; y++)
                {
                    for (var x = 0; x < 8; x++)
                    {
                        var wave = Math.Cos(Math.PI * (x + 0.5) * u / 8) * Math.Cos(Math.PI * (y + 0.5) * v / 8);
                        result[v, u] += wave * (plane.Row(y)[left + x] - 128);
                    }
                }

                result[v, u] *= (u == 0 ? Math.Sqrt(0.5) : 1) * (v == 0 ? Math.Sqrt(0.5) : 1) / 4;
            }
        }

        return result;
    }

    private static void ForEach(Plane plane, Action<int, int> action)
    {
        for (var y = 0; y < plane.Height; y++)
        {
            for (var x = 0; x < plane.Width; x++)
            {
                action(x, y);
            }
        }
    }

    private static IEnumerable<float> Window(Plane plane, int x, int y, int radius)
    {
        for (var dy = -radius; dy <= radius; dy++)
        {
            for (var dx = -radius; dx <= radius; dx++)
            {
                yield return plane.ClampedRow(y + dy)[Math.Clamp(x + dx, 0, plane.Width - 1)];
            }
        }
    }

    private static double Mean(double[,] values, int x, int y, int radius)
    {
        var sum = 0.0;
        for (var dy = -radius; dy <= radius; dy++)
        {
            for (var dx = -radius; dx <= radius; dx++)
            {
                sum += values[Math.Clamp(y + dy, 0, values.GetLength(0) - 1), Math.Clamp(x + dx, 0, values.GetLength(1) - 1)];
            }
        }

        return sum / ((2 * radius + 1) * (2 * radius + 1));
    }

    private static double NaiveArea(Plane source, Plane target, int x, int y)
    {
        var (scaleX, scaleY) = (source.Width / (double)target.Width, source.Height / (double)target.Height);
        var sum = 0.0;
        ForEach(source, (i, j) =>
        {
            var across = Math.Min(i + 1, (x + 1) * scaleX) - Math.Max(i, x * scaleX);
            var down = Math.Min(j + 1, (y + 1) * scaleY) - Math.Max(j, y * scaleY);
            sum += across > 0 && down > 0 ? across * down * source.Row(j)[i] : 0;
        });
        return sum / (scaleX * scaleY);
    }

    private static double NaiveSsim(Plane a, Plane b)
    {
        const double C1 = 6.5025;
        const double C2 = 58.5225;
        double[] kernel = [.. Enumerable.Range(-5, 11).Select(i => Math.Exp(-i * i / 4.5))];
        var norm = kernel.Sum();
        var values = new List<double>();
        for (var y = 5; y < a.Height - 5; y++)
        {
            for (var x = 5; x < a.Width - 5; x++)
            {
                double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
                for (var j = -5; j <= 5; j++)
                {
                    for (var i = -5; i <= 5; i++)
                    {
                        var weight = kernel[i + 5] * kernel[j + 5] / (norm * norm);
                        double p = a.Row(y + j)[x + i], q = b.Row(y + j)[x + i];
                        ma += weight * p;
                        mb += weight * q;
                        aa += weight * p * p;
                        bb += weight * q * q;
                        ab += weight * p * q;
                    }
                }

                var (va, vb, cov) = (aa - ma * ma, bb - mb * mb, ab - ma * mb);
                values.Add((2 * ma * mb + C1) * (2 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2)));
            }
        }

        return values.Average();
    }
}
