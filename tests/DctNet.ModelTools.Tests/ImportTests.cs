namespace DctNet.ModelTools.Tests;

public sealed class ImportTests
{
    private static readonly DctNetWeights s_random = DctNetWeights.Random(seed: 1);

    // One picture through the plain twin, for all variants.
    private static readonly Lazy<(float[] Picture, float[] Result)> s_expected = new(() =>
    {
        var picture = Networks.Photo(Path.Combine(AppContext.BaseDirectory, "portrait.jpg"), 48, 48);
        return (picture, NaiveDctNet.Run(s_random, picture, 48, 48));
    });

    public static TheoryData<string> Variants => [.. GraphVariant.All.Keys];

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_frozen_graph_draws_what_the_plain_twin_draws(string variant)
    {
        var onnx = Networks.Import(FrozenDctNet.Write(s_random, GraphVariant.All[variant]));

        var (picture, expected) = s_expected.Value;
        var result = Networks.Run(onnx, picture, 48, 48);
        Assert.True(Networks.LargestDifference(expected, result) < 0.01f, $"off by {Networks.LargestDifference(expected, result)}");
        Assert.True(result.Max() - result.Min() > 50, "the twin's picture says nothing");
    }

    [Fact]
    public void A_network_of_fixed_size_draws_every_size()
    {
        var onnx = Networks.Import(FrozenDctNet.Write(s_random, GraphVariant.All["constants folded"]));

        var picture = Networks.Photo(Path.Combine(AppContext.BaseDirectory, "portrait.jpg"), 32, 80);
        var expected = NaiveDctNet.Run(s_random, picture, 32, 80);
        Assert.True(Networks.LargestDifference(expected, Networks.Run(onnx, picture, 32, 80)) < 0.01f);
    }

    [Fact]
    public void Batch_normalisation_leaves_no_trace()
    {
        var plain = Networks.Import(FrozenDctNet.Write(s_random, GraphVariant.All["frozen by freeze_graph"]));
        var normalised = Networks.Import(FrozenDctNet.Write(s_random, GraphVariant.All["batch normalisation folded to product and sum"]));

        Assert.Equal(plain, normalised);
    }

    [Theory]
    [InlineData("anime", "001.jpg", 288, 288)]
    [InlineData("anime", "002.jpg", 400, 304)]
    [InlineData("sketch", "003.jpg", 288, 288)]
    [InlineData("sketch", "004.jpg", 304, 480)]
    public void The_official_TensorFlow_Lite_file_draws_what_the_reference_draws(string style, string photo, int height, int width)
    {
        var onnx = Networks.Import(File.ReadAllBytes(Official.Networks($"{style}_model_header.tflite")));

        var picture = Networks.Photo(Official.Photo(photo), height, width);
        var expected = Networks.Run(Official.Networks($"dctnet_{style}_fp16w.onnx"), picture, height, width);
        var difference = Networks.LargestDifference(expected, Networks.Run(onnx, picture, height, width));
        TestContext.Current.TestOutputHelper?.WriteLine($"{style} {photo}: at most {difference} of 255, {onnx.Length} bytes");
        Assert.InRange(difference, 0, 1);
    }

    [Fact]
    public void A_frozen_graph_of_the_official_weights_draws_what_the_reference_draws()
    {
        var weights = DctNetWeights.Of(Official.Networks("anime_model_header.tflite"));
        var onnx = Networks.Import(FrozenDctNet.Write(weights, GraphVariant.All["imported under a scope"]));

        var picture = Networks.Photo(Official.Photo("001.jpg"), 288, 288);
        var expected = Networks.Run(Official.Networks("dctnet_anime_fp16w.onnx"), picture, 288, 288);
        Assert.InRange(Networks.LargestDifference(expected, Networks.Run(onnx, picture, 288, 288)), 0, 1);
    }
}
