using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Tests.Imaging;
using DctNet.Core.Tests.Inference;
using DctNet.Core.Watermark;
using DctNet.Evaluation;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public sealed class StyleMeasureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_ramp_has_the_gradient_it_was_made_with()
    {
        // Rises by 3 to the right and by 4 downwards: 5 each way; the jump from one row's end to the next does not count.
        float[] luma = [.. Enumerable.Range(0, 12 * 10).Select(i => (3f * (i % 12)) + (4f * (i / 12)))];
        Assert.Equal(5, PictureMeasures.Gradient(luma, 12), 5);
    }

    [Fact]
    public void Grey_has_no_chroma_and_a_colour_has_its_distance_from_grey()
    {
        Assert.Equal(0, Chroma(90, 90, 90), 4);

        // BT.601: red is at Cb -43.0, Cr 127.5.
        Assert.Equal(Math.Sqrt((43.03 * 43.03) + (127.5 * 127.5)), Chroma(255, 0, 0), 1);

        static double Chroma(byte r, byte g, byte b)
        {
            byte[] rgb = [r, g, b, r, g, b];
            return PictureMeasures.Chroma(rgb, PictureMeasures.Luma(rgb));
        }
    }

    [Fact]
    public void An_error_of_four_levels_everywhere_is_36_dB()
    {
        byte[] a = [10, 20, 30], b = [14, 16, 34];
        Assert.Equal(10 * Math.Log10(255 * 255 / 16.0), PictureMeasures.PsnrDb(a, b), 6);
        Assert.True(double.IsFinite(PictureMeasures.PsnrDb(a, a)));
    }

    [Fact]
    public void Similarity_agrees_with_one_window_written_out()
    {
        var random = new Random(5);
        float[] a = [.. Enumerable.Range(0, 121).Select(_ => random.NextSingle() * 255)];
        float[] b = [.. a.Select(value => Math.Clamp(value + (random.NextSingle() * 60) - 30, 0, 255))];
        var weights = Enumerable.Range(0, 121).Select(i => Math.Exp(-(Square((i % 11) - 5) + Square((i / 11) - 5)) / (2 * 1.5 * 1.5))).ToArray();
        double Mean(Func<int, double> value) => Enumerable.Range(0, 121).Sum(i => weights[i] * value(i)) / weights.Sum();
        var (ma, mb) = (Mean(i => a[i]), Mean(i => b[i]));
        var (va, vb, cov) = (Mean(i => Square(a[i] - ma)), Mean(i => Square(b[i] - mb)), Mean(i => (a[i] - ma) * (b[i] - mb)));
        var (c1, c2) = (Square(0.01 * 255), Square(0.03 * 255));
        var expected = ((2 * ma * mb) + c1) * ((2 * cov) + c2) / ((Square(ma) + Square(mb) + c1) * (va + vb + c2));

        Assert.Equal(expected, Ssim.Of(a, b, width: 11), 4);

        static double Square(double value) => value * value;
    }

    [Fact]
    public void A_perceptual_distance_is_nothing_for_equal_pictures_and_grows_with_blur()
    {
        using var network = PerceptualDistance.Open(Path.Combine(Pictures.Shared("models", "perceptual"), "squeezenet10_features.onnx")).Value();
        using var picture = Pictures.Sample(256);
        using var blurred = Blurred(picture, 2);
        using var mush = Blurred(picture, 8);

        double To(PixelBuffer other) => network.Between(other.Span, picture.Span, picture.Width);

        Assert.Equal(0, To(picture), 6);
        Assert.InRange(To(blurred), 0.05, To(mush) - 0.1);
    }

    /// <summary>The network here returns its input, so that the embedding is the crop about 0: the negative is at 2, and the margin does not count.</summary>
    [Fact]
    public void An_identity_distance_is_one_minus_the_cosine_of_what_the_network_says_of_the_face()
    {
        var path = _directory.Write("identity.onnx", new OnnxWriter(batched: true).Node("Identity", ["image"], "cartoon").ToBytes());
        using var network = IdentityDistance.Open(path).Value();
        using var head = Pictures.Sample(HeadAligner.HeadSize);
        using var negative = Changed((_, value) => (byte)(255 - value));
        using var framed = Changed((at, value) => at / 3 % head.Width is < 38 or >= 254 || at / 3 / head.Width is < 38 or >= 254 ? (byte)0 : value);
        using var mush = Blurred(head, 8);

        double To(PixelBuffer other) => IdentityDistance.Between(network.Embed(head), network.Embed(other));

        Assert.Equal(112 * 112 * 3, network.Embed(head).Length);
        Assert.Equal(0, To(head), 5);
        Assert.Equal(0, To(framed), 5);
        Assert.Equal(2, To(negative), 3);
        Assert.InRange(To(mush), 0.01, 0.5);
        Assert.Contains("112", IdentityDistance.Open(_directory.Write("other.onnx", OnnxWriter.Identity())).Refusal(FailureCode.InvalidOption).Message, StringComparison.Ordinal);

        PixelBuffer Changed(Func<int, byte, byte> change)
        {
            var changed = new PixelBuffer(head.Width, head.Height, 3);
            for (var i = 0; i < changed.Span.Length; i++)
            {
                changed.Span[i] = change(i, head.Span[i]);
            }

            return changed;
        }
    }

    [Theory]
    [InlineData("N", 3, 224, 224, OnnxWriter.Float)]
    [InlineData(2, 3, "H", "W", OnnxWriter.Float)]
    [InlineData("N", "H", "W", 3, OnnxWriter.Float)]
    [InlineData("N", 3, "H", "W", OnnxWriter.Float16)]
    public void A_network_that_takes_other_pictures_is_refused_when_it_is_opened(object n, object a, object b, object c, int type)
    {
        string[] taps = ["relu1", "fire2", "fire4", "fire8"];
        PerceptualDistance.Open(_directory.Write("fits.onnx", OnnxWriter.Copies(["N", 3, "H", "W"], OnnxWriter.Float, taps))).Value().Dispose();

        var refusal = PerceptualDistance.Open(_directory.Write("other.onnx", OnnxWriter.Copies([n, a, b, c], type, taps))).Refusal(FailureCode.InvalidOption);

        Assert.Contains("[N, 3, H, W], as float32", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, OnnxWriter.Float)]
    [InlineData("N", OnnxWriter.Float16)]
    public void A_network_that_takes_other_faces_is_refused_when_it_is_opened(object batch, int type)
    {
        var refusal = IdentityDistance.Open(_directory.Write("other.onnx", OnnxWriter.Copies([batch, 3, 112, 112], type, "out"))).Refusal(FailureCode.InvalidOption);

        Assert.Contains("as float32", refusal.Message, StringComparison.Ordinal);
    }

    private static PixelBuffer Blurred(PixelBuffer picture, int by)
    {
        using var small = ImageResizer.Resize(picture, picture.Width / by, picture.Height / by);
        return ImageResizer.Resize(small, picture.Width, picture.Height);
    }
}
