using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DctNet.Core.Models;
using DctNet.Core.Tests.Imaging;
using DctNet.Core.Tests.Inference;
using Xunit;

namespace DctNet.Core.Tests.Models;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_catalog_is_read_with_all_it_says()
    {
        var catalog = Load(Valid());

        Assert.Equal(["anime", "half"], catalog.Styles.Select(style => style.Name));
        Assert.Equal("anime", catalog.DefaultStyle);
        var network = Assert.Single(catalog.Networks);
        Assert.Equal("toy 1.0", network.Label);
        Assert.Equal(Path.Combine(_directory.Path, "nets", "toy.onnx"), network.Path);
        Assert.Equal(("image", "style", "cartoon"), (network.ImageInput, network.StyleInput, network.Output));
        Assert.Equal((ChannelOrder.Rgb, 16), (network.ChannelOrder, network.SizeMultiple));
        Assert.Equal([0.5f, 0.5f, 0f], catalog.Styles[1].Weights);
        Assert.Equal(Path.Combine(ModelCatalog.BundledDirectory, "face", "blazeface-256.onnx"), catalog.FaceDetectorPath);
    }

    [Fact]
    public void A_catalog_may_bring_its_own_face_detector()
    {
        var catalog = Valid();
        var bytes = OnnxWriter.Identity();
        _directory.Write("face.onnx", bytes);
        catalog["networks"]!.AsArray().Add(new JsonObject
        {
            ["name"] = "faces",
            ["kind"] = "face-detector",
            ["file"] = "face.onnx",
            ["sha256"] = Convert.ToHexString(SHA256.HashData(bytes)),
            ["licence"] = "Apache-2.0",
            ["origin"] = "Test.",
        });

        Assert.Equal(Path.Combine(_directory.Path, "face.onnx"), Load(catalog).FaceDetectorPath);
    }

    [Theory]
    [InlineData("/networks/0/layout", "\"NCHW\"", "layout is \"NCHW\"")]
    [InlineData("/networks/0/channelOrder", "\"GBR\"", "channelOrder is \"GBR\"")]
    [InlineData("/networks/0/range", "[0, 1]", "range must be [0, 255]")]
    [InlineData("/networks/0/sizeMultiple", "0", "sizeMultiple must be")]
    [InlineData("/networks/0/kind", "\"painter\"", "kind is \"painter\"")]
    [InlineData("/networks/0/version", "\"\"", "version is missing")]
    [InlineData("/networks/0/output", "null", "output is missing")]
    [InlineData("/networks/0/input", "null", "input is missing")]
    [InlineData("/networks/0/input", "{\"image\":\"image\"}", "no style input")]
    [InlineData("/networks/0/styles", "[]", "styles is missing or empty")]
    [InlineData("/networks/0/styles", "[\"anime\",\"anime\",\"3d\"]", "styles names one twice")]
    [InlineData("/networks/0/styles", "[\"anime\",null,\"3d\"]", "an entry of styles is null")]
    [InlineData("/networks/0/digitalSourceType", "\"trainedAlgorithmicMedia\"", "must be a full URI")]
    [InlineData("/networks/0/sha256", "\"00\"", "has SHA-256")]
    [InlineData("/networks/0/file", "\"nets/other.onnx\"", "is missing")]
    [InlineData("/networks/0/file", "\"../toy.onnx\"", "plain path")]
    [InlineData("/networks/0/file", "\"/etc/passwd\"", "plain path")]
    [InlineData("/networks/0/file", "\"nets\\\\toy.onnx\"", "plain path")]
    [InlineData("/networks/0/file", "null", "not a catalog")]
    [InlineData("/networks", "[null]", "an entry of networks or styles is null")]
    [InlineData("/styles", "[null]", "an entry of networks or styles is null")]
    [InlineData("/networks/0/colour", "\"RGB\"", "not a catalog")]
    [InlineData("/networks/0/sizeMultiple", "\"16\"", "not a catalog")]
    [InlineData("/styles/0/name", "\"Anime\"", "lower-case")]
    [InlineData("/styles/0/name", "\"half\"", "used twice")]
    [InlineData("/styles/0/network", "\"other\"", "no stylizer \"other\"")]
    [InlineData("/styles/0/weights", "{\"manga\":1}", "weights must be")]
    [InlineData("/styles/0/weights", "{\"anime\":-1,\"3d\":2}", "weights must be")]
    [InlineData("/styles/0/weights", "{\"anime\":0}", "weights must be")]
    [InlineData("/styles/0/weights", "null", "weights must be")]
    [InlineData("/defaultStyle", "\"manga\"", "default style \"manga\"")]
    [InlineData("/styles", "[]", "default style \"anime\"")]
    public void A_catalog_with_a_fault_is_refused_with_the_fault(string member, string value, string said)
    {
        var catalog = Valid();
        var path = member[1..].Split('/');
        JsonNode node = catalog;
        foreach (var key in path[..^1])
        {
            node = (node is JsonArray array ? array[int.Parse(key, CultureInfo.InvariantCulture)] : node[key])!;
        }

        node[path[^1]] = JsonNode.Parse(value);

        var failure = LoadOutcome(catalog).Refusal(FailureCode.Internal);

        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.Contains(_directory.Path, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"networks\":[],\"styles\":[]}")]
    [InlineData("{\"networks\":[],\"styles\":[],\"styles\":[],\"defaultStyle\":\"anime\"}")]
    public void Text_that_is_no_catalog_is_refused(string text)
    {
        _directory.Write("catalog.json", Encoding.UTF8.GetBytes(text));
        ModelCatalog.Load(_directory.Path).Refusal(FailureCode.Internal);
    }

    [Fact]
    public void A_directory_without_a_catalog_is_read_by_file_names()
    {
        _directory.Write("dctnet_anime_fp16w.onnx", OnnxWriter.Identity());
        _directory.Write("dctnet_3d.onnx", OnnxWriter.Identity());
        _directory.Write("notes.txt", [1]);

        var catalog = ModelCatalog.Load(_directory.Path).Value();

        Assert.Equal(["3d", "anime"], catalog.Styles.Select(style => style.Name).Order());
        Assert.Equal("3d", catalog.DefaultStyle);
        var network = catalog.Select("anime").Value().Parts.Single().Network;
        Assert.Equal(Path.Combine(_directory.Path, "dctnet_anime_fp16w.onnx"), network.Path);
        Assert.Equal(("input_image", "output_image", (string?)null), (network.ImageInput, network.Output, network.StyleInput));
        Assert.Equal((ChannelOrder.Bgr, 16, "see origin"), (network.ChannelOrder, network.SizeMultiple, network.Licence));
        Assert.Equal("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", network.DigitalSourceType);
    }

    [Fact]
    public void Two_files_of_one_style_are_refused_by_name()
    {
        _directory.Write("dctnet_anime.onnx", OnnxWriter.Identity());
        _directory.Write("dctnet_anime_bg.onnx", OnnxWriter.Identity());
        var failure = ModelCatalog.Load(_directory.Path).Refusal(FailureCode.Internal);
        Assert.Contains("dctnet_anime.onnx", failure.Message, StringComparison.Ordinal);
        Assert.Contains("dctnet_anime_bg.onnx", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_directory_and_a_missing_one_are_refused()
    {
        ModelCatalog.Load(_directory.Path).Refusal(FailureCode.Internal);
        ModelCatalog.Load(Path.Combine(_directory.Path, "missing")).Refusal(FailureCode.Internal);
    }

    [Theory]
    [InlineData("", "anime", new[] { 1f, 0, 0 })]
    [InlineData("half", "half", new[] { 0.5f, 0.5f, 0 })]
    [InlineData(" HALF : 3 ", "half", new[] { 0.5f, 0.5f, 0 })]
    [InlineData("anime:3,half:1", "anime:0.75,half:0.25", new[] { 0.875f, 0.125f, 0 })]
    [InlineData("anime,half", "anime:0.5,half:0.5", new[] { 0.75f, 0.25f, 0 })]
    [InlineData("anime:0,half:0.2", "half", new[] { 0.5f, 0.5f, 0 })]
    [InlineData("anime:1000000,half:0.00000000000000000000000000000000000000001", "anime", new[] { 1f, 0, 0 })]
    public void A_style_or_a_mixture_is_one_vector_of_one_network(string text, string understood, float[] weights)
    {
        var selection = Load(Valid()).Select(text).Value();

        Assert.Equal(understood, selection.ToString());
        Assert.Equal(understood.Contains(',', StringComparison.Ordinal), selection.IsMixture);
        var part = Assert.Single(selection.Parts);
        Assert.Equal(1f, part.Share, 1e-6f);
        Assert.Equal(weights.Length, part.Weights.Count);
        Assert.All(weights.Zip(part.Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.Equal("toy 1.0", selection.Model);
        Assert.Equal("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", selection.DigitalSourceType);
    }

    [Theory]
    [InlineData("manga", FailureCode.UnknownStyle)]
    [InlineData("anime,", FailureCode.UnknownStyle)]
    [InlineData("anime:", FailureCode.InvalidOption)]
    [InlineData("anime:-1", FailureCode.InvalidOption)]
    [InlineData("anime:-Infinity,half:1", FailureCode.InvalidOption)]
    [InlineData("anime:NaN", FailureCode.InvalidOption)]
    [InlineData("anime:1e3", FailureCode.InvalidOption)]
    [InlineData("anime:99999999999", FailureCode.InvalidOption)]
    [InlineData("anime:0", FailureCode.InvalidOption)]
    [InlineData("anime:0,half:0", FailureCode.InvalidOption)]
    [InlineData("anime,anime", FailureCode.InvalidOption)]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", FailureCode.InvalidOption)]
    public void A_style_that_makes_no_sense_is_refused(string text, FailureCode code)
    {
        var failure = Load(Valid()).Select(text).Refusal(code);
        Assert.Equal("options.style", failure.Field);
    }

    [Fact]
    public void An_unknown_style_is_answered_with_those_there_are_and_never_at_length()
    {
        var failure = Load(Valid()).Select(new string('x', 500)).Refusal(FailureCode.UnknownStyle);
        Assert.Contains("anime, half", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Message.Length < 200);
    }

    [Fact]
    public void Styles_of_two_networks_share_the_picture()
    {
        _directory.Write("dctnet_anime.onnx", OnnxWriter.Identity());
        _directory.Write("dctnet_sketch.onnx", OnnxWriter.Identity());

        var selection = ModelCatalog.Load(_directory.Path).Value().Select("anime:1,sketch:3").Value();

        Assert.Equal([0.25f, 0.75f], selection.Parts.Select(part => part.Share));
        Assert.Equal("dctnet-anime uncatalogued, dctnet-sketch uncatalogued", selection.Model);
    }

    private ModelCatalog Load(JsonObject catalog) => LoadOutcome(catalog).Value();

    private Outcome<ModelCatalog> LoadOutcome(JsonObject catalog)
    {
        _directory.Write("catalog.json", Encoding.UTF8.GetBytes(catalog.ToJsonString()));
        return ModelCatalog.Load(_directory.Path);
    }

    /// <summary>A catalog of one network with three styles, without fault.</summary>
    private JsonObject Valid()
    {
        var network = OnnxWriter.Grays(0, 100, 200);
        _directory.Write("nets/toy.onnx", network);
        return JsonNode.Parse($$"""
            {
              "networks": [ {
                "name": "toy", "version": "1.0", "file": "nets/toy.onnx",
                "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(network))}}",
                "licence": "Apache-2.0", "origin": "Made by a test.", "kind": "stylizer",
                "input": { "image": "image", "style": "style" }, "output": "cartoon", "layout": "HWC", "channelOrder": "RGB",
                "range": [0, 255], "sizeMultiple": 16,
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                "styles": ["anime", "3d", "sketch"]
              } ],
              "styles": [
                { "name": "anime", "network": "toy", "weights": { "anime": 1 }, "description": "One." },
                { "name": "half", "network": "toy", "weights": { "anime": 2, "3d": 2 }, "description": "Two." }
              ],
              "defaultStyle": "anime"
            }
            """)!.AsObject();
    }
}
