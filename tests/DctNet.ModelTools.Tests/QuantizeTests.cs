using DctNet.Core;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.ModelTools.Tests;

public sealed class QuantizeTests
{
    private static readonly DctNetWeights s_weights = DctNetWeights.Random(seed: 1) is var half
        ? new DctNetWeights([.. half.Layers.Select(layer =>
            (layer.Kernel with { Values = Array.ConvertAll(layer.Kernel.Values, v => v * 1.0001f) }, layer.Bias))])
        : throw new InvalidOperationException();

    private static readonly byte[] s_network = Networks.Import(FrozenDctNet.Write(s_weights, new GraphVariant()));

    [Fact]
    public void Float16_halves_the_file_and_hardly_changes_the_picture()
    {
        var result = Quantize(Precision.Float16);

        Assert.InRange((double)result.Onnx.Length / s_network.Length, 0.49, 0.52);
        Assert.All(result.Losses, loss => Assert.True(loss.PsnrDb > 55, $"{loss.PsnrDb} dB"));
    }

    [Fact]
    public void Int8_quarters_the_file_and_keeps_the_picture()
    {
        var result = Quantize(Precision.EightBitInteger);

        Assert.InRange((double)result.Onnx.Length / s_network.Length, 0.25, 0.30);
        Assert.All(result.Losses, loss => Assert.True(loss.PsnrDb > 25, $"{loss.PsnrDb} dB"));
        Assert.All(result.Losses, loss => Assert.True(loss.PsnrDb < 80, "nothing was quantised"));
    }

    [Fact]
    public void A_network_that_takes_several_pictures_and_a_style_is_measured_in_every_style()
    {
        var network = Networks.Value(ModelCatalog.Load(ModelCatalog.BundledDirectory)).Networks.Single();
        using var photo = Photo();

        var result = Networks.Value(ModelQuantizer.Quantize(
            File.ReadAllBytes(network.Path), Precision.EightBitInteger, [photo], TestContext.Current.CancellationToken));

        Assert.Equal(network.Styles.Count, result.Losses.Count);
        Assert.All(result.Losses, loss => Assert.True(loss.PsnrDb > 30, $"{loss.PsnrDb} dB"));
    }

    [Fact]
    public void Int8_draws_a_mixture_of_styles_alike_as_input_and_as_constant()
    {
        var network = Networks.Value(ModelCatalog.Load(ModelCatalog.BundledDirectory)).Networks.Single();
        using var photo = Photo();
        var floats = File.ReadAllBytes(network.Path);
        var integers = Networks.Value(ModelQuantizer.Quantize(floats, Precision.EightBitInteger, [photo], TestContext.Current.CancellationToken)).Onnx;
        var style = new NamedTensor("style", new float[network.Styles.Count], [network.Styles.Count]);
        (style.Data.Span[0], style.Data.Span[^1]) = (0.5f, 0.5f);

        var expected = Draw(floats, photo, style);
        var asInput = Draw(integers, photo, style);
        var asConstant = Draw(ConstantInput.Fix(integers, style), photo, style: null);

        Assert.InRange(Psnr(expected, asConstant), 30, 80);
        Assert.True(Psnr(asInput, asConstant) > 40, $"{Psnr(asInput, asConstant)} dB");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Int8_computes_kernels_of_a_style_and_channels_that_are_all_bias(bool storedAsBytes)
    {
        using var photo = Photo();
        var floats = TwoStyles(storedAsBytes);
        var integers = Networks.Value(ModelQuantizer.Quantize(floats, Precision.EightBitInteger, [photo], TestContext.Current.CancellationToken)).Onnx;

        foreach (var weight in new[] { 0, 0.3f, 1 })
        {
            var style = new NamedTensor("style", new[] { weight, 1 - weight }, [2]);
            var expected = Draw(floats, photo, style);
            Assert.InRange(Psnr(expected, Draw(ConstantInput.Fix(integers, style), photo, style: null)), 35, 80);
            Assert.InRange(Psnr(expected, Draw(integers, photo, style)), 35, 80);
        }
    }

    [Fact]
    public void A_far_value_does_not_widen_the_range_of_many()
    {
        float[] many = [.. Enumerable.Range(0, 1_000_000).Select(i => i / 1e6f)];

        var (least, most) = EightBit.Range(many);
        var (_, mostWithFar) = EightBit.Range([.. many, 4]);

        Assert.Equal((0, many[^1]), (least, most));
        Assert.InRange(mostWithFar, 0.9f, 3);
    }

    [Theory]
    [InlineData(Precision.Float16)]
    [InlineData(Precision.EightBitInteger)]
    public void What_is_no_network_is_refused(Precision precision)
    {
        using var photo = Photo();

        var outcome = ModelQuantizer.Quantize([.. "no network"u8], precision, [photo], TestContext.Current.CancellationToken);

        Assert.Equal(FailureCode.UnsupportedFormat, outcome.Failure?.Code);
    }

    private static QuantizedNetwork Quantize(Precision precision)
    {
        using var photo = Photo();
        return Networks.Value(ModelQuantizer.Quantize(s_network, precision, [photo], TestContext.Current.CancellationToken));
    }

    private static float[] Draw(byte[] onnx, PixelBuffer photo, NamedTensor? style)
    {
        using var session = new InferenceSession(onnx);
        using var results = Stylizer.Inputs(session, photo, 96, 16).Run(session, style, session.OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Three convolutions; the middle one has kernels and biases per style, and none of either style for its first channel.</summary>
    private static byte[] TwoStyles(bool storedAsBytes)
    {
        const int Channels = 16, Kernel = Channels * Channels * 9;
        var random = new Random(1);
        float[] Values(int count, float size) => [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) * size)];
        var kernels = Values(2 * Kernel, 0.15f);
        kernels.AsSpan(0, Channels * 9).Clear();
        kernels.AsSpan(Kernel, Channels * 9).Clear();
        (string, object) pads = ("pads", new[] { 1L, 1, 1, 1 });

        var graph = new OnnxGraph();
        graph.Input("image", "pictures", "height", "width", 3L);
        graph.Input("style", 2L);
        graph.Output("cartoon", "pictures", "height", "width", 3L);
        graph.Integers("axis", 0);
        graph.Integers("kernel.shape", Channels, Channels, 3, 3);
        graph.Integers("bias.shape", Channels);
        graph.Weights("enter", [Channels, 3, 3, 3], Values(Channels * 27, 0.2f));
        _ = storedAsBytes ? graph.ByteWeights("kernels", [2, Kernel], 2 * Channels, kernels) : graph.Weights("kernels", [2, Kernel], kernels);
        graph.Weights("biases", [2, Channels], [.. Enumerable.Repeat(100f, 2 * Channels)]);
        graph.Weights("leave", [3, Channels, 3, 3], Values(Channels * 27, 0.05f));
        graph.Node("Unsqueeze", ["style", "axis"], "row");
        graph.Node("Reshape", [graph.Node("MatMul", ["row", "kernels"], "kernel.row"), "kernel.shape"], "kernel");
        graph.Node("Reshape", [graph.Node("MatMul", ["row", "biases"], "bias.row"), "bias.shape"], "bias");
        graph.Node("Transpose", ["image"], "planes", ("perm", new[] { 0L, 3, 1, 2 }));
        graph.Node("Relu", [graph.Node("Conv", ["planes", "enter"], "first", pads)], "entered");
        graph.Node("Relu", [graph.Node("Conv", ["entered", "kernel", "bias"], "second", pads)], "styled");
        graph.Node("Transpose", [graph.Node("Conv", ["styled", "leave"], "third", pads)], "cartoon", ("perm", new[] { 0L, 2, 3, 1 }));
        return graph.Build("two styles", "test", new Dictionary<string, string>());
    }

    private static double Psnr(float[] a, float[] b)
        => 10 * Math.Log10(255 * 255 / Math.Max(1e-9, a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Average()));

    private static PixelBuffer Photo()
    {
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg"));
        using var decoded = Networks.Value(ImageDecoder.Decode(file, Networks.Value(ImageProbe.Read(file, new ImageLimits()))));
        return ImageResizer.Resize(decoded.Pixels, 96, 96);
    }
}
