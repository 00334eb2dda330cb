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

    [Theory]
    [InlineData("portraits-cc0", 1)]
    [InlineData("portraits-congress", 8)]
    public void Portraits_have_exactly_one_face_in_98_of_100(string folder, int every)
    {
        var files = Pictures.SharedPortraits(folder, every);
        var right = files.Count(file =>
        {
            using var picture = Pictures.Load(file);
            return _detector.Detect(picture, TestContext.Current.CancellationToken).Count == 1;
        });

        Assert.True(right >= 0.98 * files.Length, $"One face in {right} of {files.Length}.");
    }

    [Theory]
    [InlineData("portraits-cc0", 2)]
    [InlineData("portraits-congress", 16)]
    public void Faces_48_pixels_wide_in_1280_are_found_in_90_of_100(string folder, int every)
    {
        const int FaceWidth = 48;
        var random = new Random(48);
        var (found, all) = (0, 0);
        foreach (var file in Pictures.SharedPortraits(folder, every))
        {
            using var large = Pictures.Load(file);
            if (_detector.Detect(large, TestContext.Current.CancellationToken) is not [var face])
            {
                continue;
            }

            var width = (int)MathF.Round(large.Width * FaceWidth / face.Box.Width);
            using var small = Pictures.Load(file, width);
            using var picture = Pictures.Flat(1280, 960, (byte)random.Next(60, 220));
            var (left, top) = (random.Next(picture.Width - small.Width), random.Next(picture.Height - small.Height));
            Pictures.Paste(small, picture, left, top);

            var truth = face.Scaled(new Vector2((float)small.Width / large.Width));
            var nose = truth.Landmarks.Nose + new Vector2(left, top);
            var hits = _detector.Detect(picture, TestContext.Current.CancellationToken)
                .Count(hit => Vector2.Distance(hit.Landmarks.Nose, nose) < FaceWidth / 4f);
            (found, all) = (found + (hits == 1 ? 1 : 0), all + 1);
        }

        Assert.True(all > 0 && found >= 0.9 * all, $"{found} of {all} found.");
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
}
