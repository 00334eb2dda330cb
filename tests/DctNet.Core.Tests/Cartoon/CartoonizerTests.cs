using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using DctNet.Core.Cartoon;
using DctNet.Core.Diagnostics;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using DctNet.Core.Tests.Imaging;
using DctNet.Core.Tests.Inference;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

[Collection(nameof(PixelAccounting))]
public sealed class CartoonizerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(17, 40, 3)]
    [InlineData(64, 48, 4)]
    [InlineData(333, 250, 3)]
    public void A_network_that_changes_nothing_gives_the_picture_back(int width, int height, int channels)
    {
        using var cartoonizer = Official(("anime", OnnxWriter.Identity("input_image", "output_image")), out var catalog);
        using var picture = new PixelBuffer(width, height, channels);
        for (var i = 0; i < picture.Length; i++)
        {
            // A gradient; in noise the detector sees faces.
            picture.Span[i] = (byte)(255 * i / picture.Length);
        }

        var outstanding = (PixelBuffer.Outstanding, FloatImage.Outstanding);

        using (var cartoon = cartoonizer.Stylize(picture, catalog.Select("anime").Value(), Cancellation))
        {
            Assert.Equal((width, height, channels), (cartoon.Pixels.Width, cartoon.Pixels.Height, cartoon.Pixels.Channels));
            Assert.Equal(0, cartoon.FaceCount);
            for (var i = 0; i < picture.Length; i++)
            {
                var alpha = channels == 4 ? picture.Span[(i / 4 * 4) + 3] : 255;
                if (alpha > 0)
                {
                    Assert.Equal(picture.Span[i], cartoon.Pixels.Span[i]);
                }
            }
        }

        Assert.Equal(outstanding, (PixelBuffer.Outstanding, FloatImage.Outstanding));
    }

    [Fact]
    public void A_portrait_larger_than_the_network_sees_comes_back_at_its_own_size()
    {
        using var cartoonizer = Official(("anime", OnnxWriter.Identity("input_image", "output_image")), out var catalog);
        using var picture = Pictures.Sample(1100);

        using var cartoon = cartoonizer.Stylize(picture, catalog.Select("").Value(), Cancellation);

        Assert.Equal((picture.Width, picture.Height), (cartoon.Pixels.Width, cartoon.Pixels.Height));
        Assert.Equal(1, cartoon.FaceCount);
        Assert.InRange(cartoon.Faces[0].Box.X, 0, picture.Width);
        var difference = Pictures.Difference(picture.Span, cartoon.Pixels.Span);
        Assert.True(difference is > 0 and < 4, $"Mean difference {difference}.");
    }

    [Theory]
    [InlineData(300, 200, 300, 200)]
    [InlineData(720, 1280, 720, 1280)]
    [InlineData(1000, 1000, 720, 720)]
    [InlineData(4000, 3000, 960, 720)]
    [InlineData(20000, 1000, 4293, 215)]
    [InlineData(50000, 1, 50000, 1)]
    public void The_network_sees_at_most_720_on_the_short_side_and_a_bounded_number_of_pixels(
        int width, int height, int seenWidth, int seenHeight) =>
        Assert.Equal((seenWidth, seenHeight), Cartoonizer.WorkingSize(width, height));

    [Fact]
    public void Official_networks_get_blue_first_and_catalogued_ones_what_they_ask_for()
    {
        using var picture = Pictures.Flat(20, 20, 0);
        for (var i = 0; i < picture.Length; i += 3)
        {
            (picture.Span[i], picture.Span[i + 1], picture.Span[i + 2]) = (10, 20, 30);
        }

        using (var official = Official(("anime", OnnxWriter.FirstChannel("input_image", "output_image")), out var catalog))
        using (var cartoon = official.Stylize(picture, catalog.Select("anime").Value(), Cancellation))
        {
            Assert.All(cartoon.Pixels.Span.ToArray(), value => Assert.Equal(30, value));
        }

        using (var rgb = Catalogued(OnnxWriter.FirstChannel(), null, ["one"], out var catalog))
        using (var cartoon = rgb.Stylize(picture, catalog.Select("one").Value(), Cancellation))
        {
            Assert.All(cartoon.Pixels.Span.ToArray(), value => Assert.Equal(10, value));
        }
    }

    [Theory]
    [InlineData("dark", 40)]
    [InlineData("light", 200)]
    [InlineData("dark:1,light:3", 160)]
    public void A_conditional_network_gets_the_style_vector(string style, byte gray)
    {
        using var cartoonizer = Catalogued(OnnxWriter.Grays(40, 200), "style", ["dark", "light"], out var catalog);
        using var picture = Pictures.Flat(30, 20, 99);
        using var cartoon = cartoonizer.Stylize(picture, catalog.Select(style).Value(), Cancellation);
        Assert.All(cartoon.Pixels.Span.ToArray(), value => Assert.Equal(gray, value));
    }

    [Fact]
    public void Styles_of_two_networks_are_mixed_as_pictures()
    {
        _directory.Write("dctnet_sketch.onnx", OnnxWriter.FirstChannel("input_image", "output_image"));
        using var cartoonizer = Official(("anime", OnnxWriter.Identity("input_image", "output_image")), out var catalog);
        using var picture = Pictures.Flat(20, 20, 0);
        for (var i = 2; i < picture.Length; i += 3)
        {
            picture.Span[i] = 200;
        }

        using var cartoon = cartoonizer.Stylize(picture, catalog.Select("anime:3,sketch:1").Value(), Cancellation);
        Assert.Equal([50, 50, 200], cartoon.Pixels.Span[..3].ToArray());
    }

    [Fact]
    public void Each_pass_is_a_span()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans.Enqueue);
        using var cartoonizer = Official(("anime", OnnxWriter.Identity("input_image", "output_image")), out var catalog);
        using var picture = Pictures.Sample(300);
        using var parent = Telemetry.Source.StartActivity("test")!;

        cartoonizer.Stylize(picture, catalog.Select("anime").Value(), Cancellation).Dispose();

        var mine = spans.Where(span => span.ParentSpanId == parent.SpanId).ToArray();
        Assert.Equal(["detect-faces", "infer", "infer"], mine.Select(span => span.OperationName));
        Assert.Equal("background", mine[1].GetTagItem("dctnet.pass"));
        Assert.Equal("head", mine[2].GetTagItem("dctnet.pass"));
        Assert.Equal(0, mine[2].GetTagItem("dctnet.head.index"));
    }

    [Theory]
    [InlineData("detect-faces", 1)]
    [InlineData("infer", 1)]
    [InlineData("infer", 2)]
    public void Cancelling_at_any_stage_frees_everything(string stage, int occurrence)
    {
        using var cancellation = new CancellationTokenSource();
        var seen = 0;
        using var listener = Listen(started: span =>
        {
            if (span.OperationName == stage && ++seen == occurrence)
            {
                cancellation.Cancel();
            }
        });
        using var cartoonizer = Official(("anime", OnnxWriter.Identity("input_image", "output_image")), out var catalog);
        using var picture = Pictures.Sample(300);
        var outstanding = (PixelBuffer.Outstanding, FloatImage.Outstanding);

        Assert.Throws<OperationCanceledException>(() => cartoonizer.Stylize(picture, catalog.Select("anime").Value(), cancellation.Token));

        Assert.Equal(occurrence, seen);
        Assert.Equal(outstanding, (PixelBuffer.Outstanding, FloatImage.Outstanding));
    }

    [Fact]
    public void A_network_that_is_not_what_the_catalog_says_is_refused()
    {
        Assert.Contains("style", Refusal(OnnxWriter.Identity(), "style", ["one"]), StringComparison.Ordinal);
        Assert.Contains("style", Refusal(OnnxWriter.Grays(1, 2, 3), "style", ["one", "two"]), StringComparison.Ordinal);
        Assert.Contains("image", Refusal(OnnxWriter.Identity("picture"), null, ["one"]), StringComparison.Ordinal);
        Assert.Contains("cartoon", Refusal(OnnxWriter.Identity("image", "painting"), null, ["one"]), StringComparison.Ordinal);
        Assert.Contains("[N, H, W, 3]", Refusal(OnnxWriter.Identity(), null, ["one"], "NHWC"), StringComparison.Ordinal);
        Assert.Contains("[H, W, 3]", Refusal(OnnxWriter.Grays(batched: true, 1), "style", ["one"]), StringComparison.Ordinal);

        string Refusal(byte[] network, string? styleInput, string[] styles, string layout = "HWC") =>
            Cartoonizer.Open(Catalog(network, styleInput, styles, layout), new InferenceOptions()).Refusal(FailureCode.Internal).Message;
    }

    [Fact]
    public void The_bundled_networks_draw_every_bundled_style()
    {
        var catalog = ModelCatalog.Load(ModelCatalog.BundledDirectory).Value();
        Assert.Superset(new HashSet<string> { "anime", "cartoon", "watercolor" }, catalog.Styles.Select(style => style.Name).ToHashSet());
        using var cartoonizer = Cartoonizer.Open(catalog, new InferenceOptions()).Value();
        using var picture = Pictures.Sample(320);
        foreach (var style in catalog.Styles)
        {
            using var cartoon = cartoonizer.Stylize(picture, catalog.Select(style.Name).Value(), Cancellation);
            Assert.Equal(1, cartoon.FaceCount);
            var difference = Pictures.Difference(picture.Span, cartoon.Pixels.Span);
            Assert.True(difference is > 2 and < 70, $"{style.Name}: mean difference {difference}.");
        }
    }

    [Fact]
    public async Task Alone_beside_others_or_batched_a_cartoon_is_the_same()
    {
        var catalog = ModelCatalog.Load(ModelCatalog.BundledDirectory).Value();
        Assert.Equal(PictureLayout.Nhwc, catalog.Networks.Single().Layout);
        using var picture = Pictures.Sample(320);
        using var plain = Cartoonizer.Open(catalog, new InferenceOptions()).Value();
        using var batching = Cartoonizer.Open(catalog, new InferenceOptions { MaxBatchSize = 4, MaxBatchDelayMilliseconds = 100, SessionsPerDevice = 2 }).Value();
        using var expected = plain.Stylize(picture, catalog.Select("").Value(), Cancellation);
        var outstanding = (PixelBuffer.Outstanding, FloatImage.Outstanding);

        foreach (var cartoonizer in new[] { plain, batching })
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
                () =>
                {
                    using var cartoon = cartoonizer.Stylize(picture, catalog.Select("").Value(), Cancellation);
                    Assert.Equal(expected.Pixels.Span, cartoon.Pixels.Span);
                },
                Cancellation)));
        }

        Assert.Equal(outstanding, (PixelBuffer.Outstanding, FloatImage.Outstanding));
    }

    [Fact]
    public async Task Models_are_exchanged_under_batches()
    {
        var options = new InferenceOptions { MaxBatchSize = 4, MaxBatchDelayMilliseconds = 0 };
        using var catalogued = Catalogued(OnnxWriter.Grays(batched: true, 40, 200), "style", ["dark", "light"], out var catalog, "NHWC");
        using var host = ModelHost.Open(Path.Combine(_directory.Path, "catalogued"), options).Value();
        using var ended = new CancellationTokenSource();
        var drawn = 0;
        var drawing = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                using var picture = Pictures.Flat(30, 20, 99);
                while (!ended.IsCancellationRequested)
                {
                    using var models = host.Rent();
                    using var cartoon = models.Cartoonizer.Stylize(picture, models.Catalog.Select("light").Value(), Cancellation);
                    Assert.All(cartoon.Pixels.Span.ToArray(), value => Assert.Equal(200, value));
                    Interlocked.Increment(ref drawn);
                }
            },
            Cancellation)).ToArray();

        for (var i = 0; i < 5; i++)
        {
            // They draw by the networks of the exchange before; one that has failed says so below.
            var before = Volatile.Read(ref drawn);
            Assert.True(SpinWait.SpinUntil(
                () => Volatile.Read(ref drawn) >= before + drawing.Length || drawing.Any(task => task.IsCompleted), TimeSpan.FromMinutes(3)));
            Assert.True(host.Reload(evenIfUnchanged: true, Cancellation).Value());
        }

        await ended.CancelAsync();
        await Task.WhenAll(drawing);
    }

    [Fact]
    public void The_official_networks_draw_the_sample_portrait()
    {
        var catalog = ModelCatalog.Load(Pictures.Shared("models", "dctnet")).Value();
        using var cartoonizer = Cartoonizer.Open(catalog, new InferenceOptions()).Value();
        using var picture = Pictures.Sample(320);
        var outstanding = FloatImage.Outstanding;
        var drawn = new List<byte[]>();
        foreach (var style in catalog.Styles)
        {
            using var cartoon = cartoonizer.Stylize(picture, catalog.Select(style.Name).Value(), Cancellation);
            Assert.Equal(1, cartoon.FaceCount);

            // A drawing of this person: not the photo, and nothing near a negative, a mix-up of channels or noise.
            var difference = Pictures.Difference(picture.Span, cartoon.Pixels.Span);
            Assert.True(difference is > 4 and < 60, $"{style.Name}: mean difference {difference}.");
            Assert.All(drawn, other => Assert.True(Pictures.Difference(other, cartoon.Pixels.Span) > 2));
            drawn.Add(cartoon.Pixels.Span.ToArray());
        }

        Assert.Equal(7, drawn.Count);
        Assert.Equal(outstanding, FloatImage.Outstanding);
    }

    [Theory]
    [InlineData("HWC", false)]
    [InlineData("NHWC", true)]
    public void A_network_of_one_size_is_refused(string layout, bool batched)
    {
        var network = new OnnxWriter(batched: batched, side: 256).Node("Identity", ["image"], "cartoon").ToBytes();
        var catalog = Catalog(network, styleInput: null, ["plain"], layout);

        Assert.Contains("of any size", Cartoonizer.Open(catalog, new InferenceOptions()).Refusal(FailureCode.Internal).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_loads_and_does_not_run_is_told_of_by_name()
    {
        // Of the declared size alone: what is added must be broadcast.
        var network = new OnnxWriter().Constant("square", new float[16 * 16], 16, 16, 1).Node("Add", ["image", "square"], "cartoon").ToBytes();
        Catalog(network, styleInput: null, ["plain"], "HWC");
        using var host = ModelHost.Open(Path.Combine(_directory.Path, "catalogued"), new InferenceOptions()).Value();

        Assert.Contains("The network toy 1", host.Try(Cancellation)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_in_use_outlive_their_host_however_often_it_is_disposed()
    {
        Catalog(OnnxWriter.Identity(), styleInput: null, ["plain"], "HWC");
        var host = ModelHost.Open(Path.Combine(_directory.Path, "catalogued"), new InferenceOptions()).Value();
        using var picture = Pictures.Flat(30, 20, 99);
        using (var models = host.Rent())
        {
            host.Dispose();
            host.Dispose();

            using var cartoon = models.Cartoonizer.Stylize(picture, models.Catalog.Select("plain").Value(), Cancellation);
            Assert.All(cartoon.Pixels.Span.ToArray(), value => Assert.Equal(99, value));
        }

        Assert.Throws<ObjectDisposedException>(host.Rent);
        Assert.Throws<ObjectDisposedException>(() => host.Reload(evenIfUnchanged: true, Cancellation));
    }

    private static ActivityListener Listen(Action<Activity>? stopped = null, Action<Activity>? started = null)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = started,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private Cartoonizer Official((string Style, byte[] Network) entry, out ModelCatalog catalog)
    {
        _directory.Write($"dctnet_{entry.Style}.onnx", entry.Network);
        catalog = ModelCatalog.Load(_directory.Path).Value();
        return Cartoonizer.Open(catalog, new InferenceOptions()).Value();
    }

    private Cartoonizer Catalogued(byte[] network, string? styleInput, string[] styles, out ModelCatalog catalog, string layout = "HWC")
    {
        catalog = Catalog(network, styleInput, styles, layout);
        return Cartoonizer.Open(catalog, new InferenceOptions()).Value();
    }

    private ModelCatalog Catalog(byte[] network, string? styleInput, string[] styles, string layout)
    {
        _directory.Write("catalogued/toy.onnx", network);
        var input = styleInput is null ? "" : $", \"style\": \"{styleInput}\"";
        var entries = styles.Select(style => $$"""{"name":"{{style}}","network":"toy","weights":{"{{style}}":1},"description":"x"}""");
        _directory.Write("catalogued/catalog.json", Encoding.UTF8.GetBytes($$"""
            {
              "networks": [ {
                "name": "toy", "version": "1", "file": "toy.onnx", "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(network))}}",
                "licence": "x", "origin": "x", "kind": "stylizer", "input": { "image": "image"{{input}} }, "output": "cartoon",
                "layout": "{{layout}}", "channelOrder": "RGB", "range": [0, 255], "sizeMultiple": 16,
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                "styles": [{{string.Join(',', styles.Select(style => $"\"{style}\""))}}]
              } ],
              "styles": [{{string.Join(',', entries)}}],
              "defaultStyle": "{{styles[0]}}"
            }
            """));
        return ModelCatalog.Load(Path.Combine(_directory.Path, "catalogued")).Value();
    }
}
