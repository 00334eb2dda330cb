using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DctNet.Core;
using DctNet.Core.Models;

namespace DctNet.ModelTools.Tests;

public sealed class InstallTests : IDisposable
{
    private static readonly ModelTerms s_terms = new("Apache-2.0", "A test.");

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

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
    public void A_directory_that_cannot_be_used_is_told_apart()
    {
        _files.Add("models", [1]);

        Assert.Throws<IOException>(() => Try("one"));
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

    [Fact]
    public void A_network_that_draws_one_size_alone_is_refused()
    {
        var file = FrozenDctNet.Write(DctNetWeights.Random(seed: 1), new GraphVariant { FixedSide = 48, SizeLeaks = true });

        var outcome = ModelInstaller.Install(file, "one", _files["models"], s_terms, TestContext.Current.CancellationToken);

        Assert.Equal(FailureCode.UnsupportedFormat, outcome.Failure?.Code);
        Assert.Contains("every size", outcome.Failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dctnet-distilled")]
    [InlineData("blazeface-256")]
    public void A_network_that_is_there_for_something_else_is_not_replaced(string name)
    {
        foreach (var file in Directory.GetFiles(ModelCatalog.BundledDirectory, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_files["models"], Path.GetRelativePath(ModelCatalog.BundledDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var before = Content();

        Assert.Contains("choose another name", Try(name).Failure?.Message, StringComparison.Ordinal);
        Assert.Equal(before, Content());
    }

    [Fact]
    public void A_catalog_of_a_missing_file_is_left_alone()
    {
        File.Delete(Install("one", seed: 1).Network.Path);
        var before = Content();

        Assert.Contains("is missing", Try("two").Failure?.Message, StringComparison.Ordinal);
        Assert.Equal(before, Content());
    }

    [Fact]
    public void A_network_that_draws_further_styles_is_not_replaced()
    {
        Install("one", seed: 1);
        EditCatalog(catalog =>
        {
            var network = catalog["networks"]![0]!;
            network["styles"] = new JsonArray("one", "two");
            network["input"]!["style"] = "style";
            var style = catalog["styles"]![0]!;
            style["weights"] = new JsonObject { ["one"] = 1 };
            var other = style.DeepClone();
            (other["name"], other["weights"]) = ("two", new JsonObject { ["two"] = 1 });
            catalog["styles"]!.AsArray().Add(other);
        });
        var before = Content();

        Assert.Contains("style \"two\": weights must be", Try("one", seed: 2).Failure?.Message, StringComparison.Ordinal);
        Assert.Equal(before, Content());
    }

    [Fact]
    public void A_file_that_another_network_has_too_stays()
    {
        var first = Install("one", seed: 1).Network.Path;
        EditCatalog(catalog =>
        {
            var (networks, styles) = (catalog["networks"]!.AsArray(), catalog["styles"]!.AsArray());
            var (network, style) = (networks[0]!.DeepClone(), styles[0]!.DeepClone());
            (network["name"], style["name"], style["network"]) = ("other", "other", "other");
            networks.Add(network);
            styles.Add(style);
        });

        Install("one", seed: 2);

        Assert.Equal(first, Networks.Value(ModelCatalog.Load(_files["models"])).Styles.Single(style => style.Name == "other").Network.Path);
    }

    [Fact]
    public void Who_finds_the_directory_locked_waits_a_while()
    {
        var first = CatalogWriter.Lock(_files.Path);
        Exception? refusal = null;
        var second = new Thread(() => refusal = Record.Exception(() => CatalogWriter.Lock(_files.Path).Dispose()));
        second.Start();

        // It has found the lock taken, and sleeps before it looks again; or it has ended, with the lock or without.
        Assert.True(SpinWait.SpinUntil(() => !second.IsAlive || second.ThreadState.HasFlag(ThreadState.WaitSleepJoin), s_patience));
        Assert.True(second.IsAlive, $"It did not wait: {refusal}");
        first.Dispose();

        Assert.True(second.Join(s_patience));
        Assert.Null(refusal);
    }

    /// <summary>Names and digests of the files, the lock apart.</summary>
    private string[] Content() =>
    [
        .. Directory.GetFiles(_files["models"], "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    private void EditCatalog(Action<JsonNode> edit)
    {
        var path = _files["models/catalog.json"];
        var catalog = JsonNode.Parse(File.ReadAllText(path))!;
        edit(catalog);
        File.WriteAllText(path, catalog.ToJsonString());
    }

    private CatalogStyle Install(string name, int seed) => Networks.Value(Try(name, seed));

    private Outcome<CatalogStyle> Try(string name, int seed = 1) => ModelInstaller.Install(
        FrozenDctNet.Write(DctNetWeights.Random(seed), new GraphVariant()), name, _files["models"], s_terms, TestContext.Current.CancellationToken);
}
