using DctNet.Core;
using DctNet.Core.Imaging;
using DctNet.Core.Models;

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
        Assert.All(result.Losses, loss => Assert.True(loss.PsnrDb > 20, $"{loss.PsnrDb} dB"));
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

    private static PixelBuffer Photo()
    {
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg"));
        using var decoded = Networks.Value(ImageDecoder.Decode(file, Networks.Value(ImageProbe.Read(file, new ImageLimits()))));
        return ImageResizer.Resize(decoded.Pixels, 96, 96);
    }
}
