using DctNet.Core;
using DctNet.Core.Models;

namespace DctNet.ModelTools.Tests;

public sealed class InstallTests : IDisposable
{
    private static readonly ModelTerms s_terms = new("Apache-2.0", "A test.");

    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_style_is_entered_beside_those_that_are_there()
    {
        Install("one", seed: 1);
        Install("two", seed: 2);

        var catalog = Networks.Value(ModelCatalog.Load(_files["models"]));
        Assert.Equal(["one", "two"], catalog.Styles.Select(style => style.Name));
        Assert.Equal("one", catalog.DefaultStyle);
        Assert.All(catalog.Networks, network => Assert.Equal(("Apache-2.0", 16, ChannelOrder.Bgr), (network.Licence, network.SizeMultiple, network.ChannelOrder)));
        Assert.Contains("Converted from TensorFlow", catalog.Networks[0].Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_used_again_gets_the_new_weights_and_the_old_file_goes()
    {
        var first = Install("one", seed: 1).Network.Path;
        var second = Install("one", seed: 2).Network.Path;

        Assert.NotEqual(first, second);
        Assert.Equal([second], Directory.GetFiles(_files["models"], "*.onnx"));
        Assert.Single(Networks.Value(ModelCatalog.Load(_files["models"])).Styles);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Two")]
    [InlineData("../two")]
    public void A_name_that_callers_could_not_write_is_refused(string name)
    {
        Assert.Equal(FailureCode.InvalidOption, Try(name).Failure?.Code);
        Assert.False(Directory.Exists(_files["models"]));
    }

    [Fact]
    public void Networks_without_a_catalog_are_not_hidden()
    {
        Directory.CreateDirectory(_files["models"]);
        _files.Add("models/dctnet_anime.onnx", [1]);

        Assert.Contains("hide them", Try("one").Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_catalog_that_cannot_be_read_is_left_alone()
    {
        Directory.CreateDirectory(_files["models"]);
        var catalog = _files.Add("models/catalog.json", [.. "{"u8]);

        Assert.NotNull(Try("one").Failure);
        Assert.Equal("{", File.ReadAllText(catalog));
        Assert.Empty(Directory.GetFiles(_files["models"], "*.onnx"));
    }

    private CatalogStyle Install(string name, int seed) => Networks.Value(Try(name, seed));

    private Outcome<CatalogStyle> Try(string name, int seed = 1) => ModelInstaller.Install(
        FrozenDctNet.Write(DctNetWeights.Random(seed), new GraphVariant()), name, _files["models"], s_terms, TestContext.Current.CancellationToken);
}
