using System.Numerics;
using DctNet.Core.Cartoon;
using DctNet.Core.Cartoon.Faces;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

/// <summary>What goes into the network and what is made of its numbers, against the definition; no network runs.</summary>
public sealed class BlazeFaceNetworkTests
{
    private const int Side = BlazeFaceNetwork.InputSize;
    private const int Numbers = 16;

    private static readonly FaceBox s_anywhere = new(-1e6f, -1e6f, 2e6f, 2e6f);

    /// <summary>A box 60 × 80 about the anchor, with its points in place.</summary>
    private static readonly float[] s_face = [1, 2, 60, 80, -15, -10, 15, -10, 0, 5, 0, 20, -30, 0, 30, 0];

    [Theory]
    [InlineData(300, 280, 20, 10)]
    [InlineData(300, 280, 44, 24)]
    [InlineData(300, 280, 0, 0)]
    [InlineData(100, 61, -78, -97)]
    [InlineData(448, 200, 192, -28)]
    [InlineData(1, 1, -127, -127)]
    [InlineData(256, 256, 0, 0)]
    public void A_square_is_cut_with_black_around_the_picture(int width, int height, int left, int top)
    {
        using var picture = new FloatImage(width, height);
        var random = new Random(width);
        foreach (ref var value in picture.Span)
        {
            value = 255 * random.NextSingle();
        }

        var input = new float[Side * Side * 3];
        Array.Fill(input, float.NaN);

        BlazeFaceNetwork.Cut(picture, left, top, input);

        for (var i = 0; i < input.Length; i++)
        {
            // Three roundings to 2⁻²⁴ of at most 2: 3e-7.
            var (x, y) = (left + (i / 3 % Side), top + (i / 3 / Side));
            var inside = x >= 0 && x < width && y >= 0 && y < height;
            var expected = inside ? (picture.Row(y)[(3 * x) + (i % 3)] / 127.5) - 1 : -1;
            Assert.True(Math.Abs(expected - input[i]) < 1e-6, $"{input[i]} at {i}, not {expected}");
        }
    }

    [Theory]
    [InlineData(600, 500, 100, 50)]
    [InlineData(600, 500, 0, 0)]
    [InlineData(600, 500, 344, 244)]
    [InlineData(600, 500, 343, 243)]
    [InlineData(600, 500, 1, 1)]
    [InlineData(100, 500, -78, 50)]
    [InlineData(600, 100, 50, -78)]
    public void A_face_may_reach_over_an_edge_of_the_square_only_where_that_is_the_pictures(int width, int height, int left, int top)
    {
        using var picture = new FloatImage(width, height);

        var interior = BlazeFaceNetwork.Interior(picture, left, top);

        foreach (var (x, y, isAllowed) in new[]
        {
            (128, 128, true),
            (20, 128, left <= 0),
            (Side - 20, 128, left + Side >= width),
            (128, 20, top <= 0),
            (128, Side - 20, top + Side >= height),
        })
        {
            // The anchor of one cell over the whole square is its middle.
            float[] numbers = [x - 128, y - 128, .. s_face[2..]];
            Assert.Equal(isAllowed ? 1 : 0, Decode(numbers, 3, new Vector2(left, top), interior).Count);
        }
    }

    [Theory]
    [InlineData(16, 2)]
    [InlineData(8, 6)]
    public void Faces_are_decoded_as_defined(int cells, int anchors)
    {
        var grid = new BlazeFaceNetwork.Grid("", "", cells, anchors);
        var random = new Random(cells);
        float[] scores = [.. Enumerable.Range(0, grid.Length).Select(k => (k % 11) switch
        {
            0 => float.PositiveInfinity,
            1 => float.NegativeInfinity,
            2 => float.NaN,
            3 => 0,
            _ => (6 * random.NextSingle()) - 2,
        })];
        float[] boxes = [.. Enumerable.Range(0, grid.Length).SelectMany(_ => s_face).Select(value => value + (20 * random.NextSingle()) - 10)];
        for (var k = 0; k < grid.Length; k += 5)
        {
            float[] spoiled = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -70];
            boxes[(k * Numbers) + random.Next(Numbers)] = spoiled[random.Next(spoiled.Length)];
        }

        var (corner, scale) = (new Vector2(-20, 37), new Vector2(1.7f, 2.3f));
        var interior = new FaceBox(-1e6f, 37, 1e6f + 236, Side);
        var found = new List<DetectedFace>();

        BlazeFaceNetwork.Decode(grid, scores, boxes, corner, scale, interior, found);

        var expected = Enumerable.Range(0, grid.Length).Select(k => Naive(k)).OfType<double[]>().ToArray();
        Assert.InRange(expected.Length, grid.Length / 10, grid.Length / 2);
        Assert.Equal(expected.Length, found.Count);
        foreach (var (values, (box, score, points)) in expected.Zip(found))
        {
            float[] actual =
            [
                box.X, box.Y, box.Width, box.Height, points.RightEye.X, points.RightEye.Y, points.LeftEye.X, points.LeftEye.Y,
                points.Nose.X, points.Nose.Y, points.Mouth.X, points.Mouth.Y, score,
            ];

            // Half a dozen roundings to 2⁻²⁴ of coordinates up to 700: 2.5e-4.
            Assert.All(values.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 5e-4));
        }

        double[]? Naive(int k)
        {
            double[] n = [.. boxes.AsSpan(k * Numbers, Numbers).ToArray().Select(value => (double)value)];
            var (column, row) = (k / anchors % cells, k / anchors / cells);
            var (x, y) = (corner.X + ((column + 0.5) * Side / cells), corner.Y + ((row + 0.5) * Side / cells));
            var (left, top, right, bottom) = (x + n[0] - (n[2] / 2), y + n[1] - (n[3] / 2), x + n[0] + (n[2] / 2), y + n[1] + (n[3] / 2));
            var isInside = left >= interior.X && top >= interior.Y && right <= interior.Right && bottom <= interior.Bottom;
            if (!(scores[k] >= 0) || !n.All(double.IsFinite) || !(n[2] > 0 && n[3] > 0) || !isInside)
            {
                return null;
            }

            double[] picture = [left, top, n[2], n[3], x + n[4], y + n[5], x + n[6], y + n[7], x + n[8], y + n[9], x + n[10], y + n[11]];
            return [.. picture.Select((value, i) => value * (i % 2 == 0 ? scale.X : scale.Y)), 1 / (1 + Math.Exp(-scores[k]))];
        }
    }

    [Fact]
    public void Numbers_that_are_no_face_are_left_out()
    {
        Assert.Single(Decode(s_face, 3, default, s_anywhere));

        foreach (var spoiled in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            Assert.All(Enumerable.Range(0, Numbers), i => Assert.Empty(Decode(With(i, spoiled), 3, default, s_anywhere)));
        }

        foreach (var spoiled in new[] { float.MaxValue, float.MinValue })
        {
            Assert.All(Enumerable.Range(0, 4), i => Assert.Empty(Decode(With(i, spoiled), 3, default, s_anywhere)));
        }

        foreach (var extent in new[] { 0, -0f, -60 })
        {
            Assert.Empty(Decode(With(2, extent), 3, default, s_anywhere));
            Assert.Empty(Decode(With(3, extent), 3, default, s_anywhere));
        }

        // Eyes in one place.
        Assert.Empty(Decode(With(6, s_face[4]), 3, default, s_anywhere));
        Assert.Empty(Decode(s_face, float.NaN, default, s_anywhere));
        Assert.Empty(Decode(s_face, -0.01f, default, s_anywhere));

        static float[] With(int i, float value)
        {
            var numbers = s_face.ToArray();
            numbers[i] = value;
            return numbers;
        }
    }

    /// <summary>What a grid of one anchor shows.</summary>
    private static List<DetectedFace> Decode(float[] numbers, float score, Vector2 corner, FaceBox interior)
    {
        var found = new List<DetectedFace>();
        BlazeFaceNetwork.Decode(new BlazeFaceNetwork.Grid("", "", 1, 1), [score], numbers, corner, Vector2.One, interior, found);
        return found;
    }
}
