using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using DctNet.Core.Tests.Imaging;
using DctNet.Core.Tests.Inference;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public sealed class FaceDetectorTests : IDisposable
{
    /// <summary>
    /// Overlap (intersection over union) from which on two boxes are of one face. The least among 80 photos of portraits-cc0 is 0.43, of a man
    /// in profile; the others are at 0.5 or more.
    /// </summary>
    private const float SameFace = 0.4f;

    /// <summary>Of fewer photos a share says nothing. The folders have 81 and 819, of which every 32nd makes 26.</summary>
    private const int FewestPortraits = 20;

    private readonly FaceDetector _detector =
        FaceDetector.Open(Path.Combine(ModelCatalog.BundledDirectory, "face", "blazeface-256.onnx")).Value();

    public void Dispose() => _detector.Dispose();

    [Fact]
    public void The_sample_portrait_has_one_face_with_its_features_in_place()
    {
        using var picture = Pictures.Sample();
        var face = Assert.Single(_detector.Detect(picture, TestContext.Current.CancellationToken));

        Assert.InRange(face.Score, 0.5f, 1f);
        var (right, left, nose, mouth) = face.Landmarks;
        Assert.True(right.X < left.X && MathF.Abs(right.Y - left.Y) < face.Box.Height / 4);
        Assert.True(nose.Y > right.Y && mouth.Y > nose.Y);
        foreach (var point in new[] { right, left, nose, mouth })
        {
            Assert.InRange(point.X, face.Box.X, face.Box.Right);
            Assert.InRange(point.Y, face.Box.Y, face.Box.Bottom);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 900)]
    [InlineData(640, 480)]
    public void A_flat_picture_has_no_face(int width, int height)
    {
        using var picture = Pictures.Flat(width, height, 140);
        Assert.Empty(_detector.Detect(picture, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Two_people_are_two_faces_where_they_are()
    {
        using var one = Pictures.Sample(300);
        using var picture = Pictures.Flat(800, Math.Max(one.Height, 400), 128);
        Pictures.Paste(one, picture, 20, 0);
        Pictures.Paste(one, picture, 460, 0);

        var alone = Assert.Single(_detector.Detect(one, TestContext.Current.CancellationToken)).Landmarks.Nose;
        var faces = _detector.Detect(picture, TestContext.Current.CancellationToken).OrderBy(face => face.Box.X).ToArray();

        Assert.Equal(2, faces.Length);
        Assert.True(Vector2.Distance(alone + new Vector2(20, 0), faces[0].Landmarks.Nose) < 8);
        Assert.True(Vector2.Distance(alone + new Vector2(460, 0), faces[1].Landmarks.Nose) < 8);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    public void A_tilted_face_is_one_face_with_its_features_turned_along(int degrees)
    {
        using var upright = Pictures.Sample(400);
        var (sin, cos) = MathF.SinCos(degrees * MathF.PI / 180);
        var middle = new Vector2(upright.Width, upright.Height) / 2;
        using var picture = Pictures.Flat(upright.Width, upright.Height, 128);
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                var from = Turned(new Vector2(x, y), -sin);
                if (from.X >= 0 && from.X < upright.Width && from.Y >= 0 && from.Y < upright.Height)
                {
                    upright.Row((int)from.Y).Slice((int)from.X * 3, 3).CopyTo(picture.Row(y)[(x * 3)..]);
                }
            }
        }

        var straight = Assert.Single(_detector.Detect(upright, TestContext.Current.CancellationToken)).Landmarks;
        var tilted = Assert.Single(_detector.Detect(picture, TestContext.Current.CancellationToken)).Landmarks;
        Assert.True(Vector2.Distance(Turned(straight.Nose, sin), tilted.Nose) < 15);
        Assert.True(Vector2.Distance(Turned(straight.LeftEye, sin), tilted.LeftEye) < 15);
        Assert.True(Vector2.Distance(Turned(straight.Mouth, sin), tilted.Mouth) < 15);

        Vector2 Turned(Vector2 point, float sine)
        {
            var (dx, dy) = (point.X - middle.X, point.Y - middle.Y);
            return middle + new Vector2((cos * dx) - (sine * dy), (sine * dx) + (cos * dy));
        }
    }

    [Theory]
    [InlineData(0.25f, 0)]
    [InlineData(0, 0.25f)]
    public void A_face_that_the_border_cuts_by_a_quarter_is_still_one(float left, float top)
    {
        using var whole = Pictures.Sample(400);
        var face = Assert.Single(_detector.Detect(whole, TestContext.Current.CancellationToken));
        var (x, y) = left > 0 ? ((int)(face.Box.X + (left * face.Box.Width)), 0) : (0, (int)(face.Box.Y + (top * face.Box.Height)));
        using var picture = new PixelBuffer(whole.Width - x, whole.Height - y, 3);
        for (var row = 0; row < picture.Height; row++)
        {
            whole.Row(row + y)[(x * 3)..].CopyTo(picture.Row(row));
        }

        var cut = Assert.Single(_detector.Detect(picture, TestContext.Current.CancellationToken));
        Assert.True(Vector2.Distance(face.Landmarks.Nose - new Vector2(x, y), cut.Landmarks.Nose) < face.Box.Width / 6);
    }

    [Fact]
    public void Alpha_is_taken_over_white()
    {
        using var picture = Pictures.Sample(300);
        using var withAlpha = new PixelBuffer(picture.Width, picture.Height, 4);
        for (var i = 0; i < picture.Width * picture.Height; i++)
        {
            picture.Span.Slice(i * 3, 3).CopyTo(withAlpha.Span[(i * 4)..]);
            withAlpha.Span[(i * 4) + 3] = 255;
        }

        var expected = Assert.Single(_detector.Detect(picture, TestContext.Current.CancellationToken));
        Assert.Equal(expected, Assert.Single(_detector.Detect(withAlpha, TestContext.Current.CancellationToken)));

        for (var i = 0; i < picture.Width * picture.Height; i++)
        {
            withAlpha.Span[(i * 4) + 3] = 0;
        }

        Assert.Empty(_detector.Detect(withAlpha, TestContext.Current.CancellationToken));
    }

    // A part of the many photos, spread evenly; all of them with DCTNET_SLOW=1.
    [Theory]
    [InlineData("portraits-cc0", 1)]
    [InlineData("portraits-congress", 16)]
    public void Portraits_have_their_one_face_and_no_other_in_98_of_100(string folder, int every)
    {
        using var witness = new YuNet();
        var wrong = new List<string>();
        var files = Sample(folder, every);
        foreach (var file in files)
        {
            using var picture = Pictures.Load(file);
            Check(file, picture, witness.Best(picture).Box, wrong);
        }

        Judge(files.Length, wrong, 0.98);
    }

    [Theory]
    [InlineData("portraits-cc0", 1)]
    [InlineData("portraits-congress", 32)]
    public void Faces_48_pixels_wide_in_1280_are_found_and_nothing_else_in_90_of_100(string folder, int every)
    {
        const int FaceWidth = 48;
        using var witness = new YuNet();
        var random = new Random(48);
        var wrong = new List<string>();
        var files = Sample(folder, every);
        foreach (var file in files)
        {
            using var large = Pictures.Load(file);
            var box = witness.Best(large).Box;
            var width = (int)MathF.Round(large.Width * FaceWidth / box.Width);
            using var small = Pictures.Load(file, width);
            using var picture = Pictures.Flat(1280, 960, (byte)random.Next(60, 220));
            var (left, top) = (random.Next(picture.Width - small.Width), random.Next(picture.Height - small.Height));
            Pictures.Paste(small, picture, left, top);
            var scale = (float)small.Width / large.Width;
            Check(file, picture, new FaceBox((box.X * scale) + left, (box.Y * scale) + top, box.Width * scale, box.Height * scale), wrong);
        }

        Judge(files.Length, wrong, 0.9);
    }

    [Fact]
    public void A_cancelled_search_ends()
    {
        using var picture = Pictures.Sample(300);
        Assert.Throws<OperationCanceledException>(() => _detector.Detect(picture, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Another_network_is_refused()
    {
        using var directory = new TemporaryDirectory();
        FaceDetector.Open(directory.Write("other.onnx", OnnxWriter.Identity()), new InferenceOptions()).Refusal(FailureCode.Internal);
    }

    private static string[] Sample(string folder, int every)
        => Pictures.SharedPortraits(folder, Environment.GetEnvironmentVariable("DCTNET_SLOW") == "1" ? 1 : every);

    /// <summary>Writes the figure down (shown by <c>--output Detailed</c>) and holds it to the bar.</summary>
    private static void Judge(int all, List<string> wrong, double bar)
    {
        var figure = $"{all - wrong.Count} of {all} are right; not {string.Join(", ", wrong)}.";
        TestContext.Current.TestOutputHelper?.WriteLine(figure);
        Assert.InRange(all, FewestPortraits, int.MaxValue);
        Assert.True(all - wrong.Count >= bar * all, figure);
    }

    /// <summary>Exactly one face, at the place where the witness sees one. In profile the two take in more or less of the head.</summary>
    private void Check(string file, PixelBuffer picture, FaceBox truth, List<string> wrong)
    {
        var faces = _detector.Detect(picture, TestContext.Current.CancellationToken);
        if (faces is not [var face] || Overlap(face.Box, truth) < SameFace)
        {
            wrong.Add($"{Path.GetFileName(file)} ({faces.Count}: {string.Join(' ', faces.Select(found => $"{found.Score:F2}/{Overlap(found.Box, truth):F2}"))})");
        }
    }

    private static float Overlap(in FaceBox a, in FaceBox b)
    {
        var both = a.Intersection(b);
        return both / (a.Area + b.Area - both);
    }
}
