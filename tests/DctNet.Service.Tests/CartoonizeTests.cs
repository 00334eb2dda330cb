using System.Security.Cryptography;
using DctNet.Core.Imaging;
using DctNet.Core.Watermark;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using NetVips;
using WireFormat = DctNet.V1.ImageFormat;

namespace DctNet.Service.Tests;

[Collection(SharedServerGroup.Name)]
public sealed class CartoonizeTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData(WireFormat.Unspecified, "image/png", Core.Imaging.ImageFormat.Png)]
    [InlineData(WireFormat.Jpeg, "image/jpeg", Core.Imaging.ImageFormat.Jpeg)]
    [InlineData(WireFormat.Webp, "image/webp", Core.Imaging.ImageFormat.WebP)]
    [InlineData(WireFormat.Avif, "image/avif", Core.Imaging.ImageFormat.Avif)]
    public async Task A_portrait_comes_back_as_a_marked_and_labelled_cartoon(
        WireFormat format, string mediaType, Core.Imaging.ImageFormat expected)
    {
        var (header, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { Format = format });

        Assert.Equal(mediaType, header.MediaType);
        Assert.Equal((ulong)file.Length, header.TotalBytes);
        Assert.Equal(SHA256.HashData(file), header.Sha256.ToByteArray());
        Assert.True(ImageFormats.Sniff(file).TryGet(out var sniffed, out _));
        Assert.Equal(expected, sniffed);
        Assert.True(ImageProbe.Read(file, new ImageLimits()).TryGet(out var image, out _));
        Assert.Equal((header.Width, header.Height), ((uint)image.Width, (uint)image.Height));
        Assert.Equal(1u, header.FaceCount);
        Assert.True(header.Watermark.Embedded);
        Assert.Matches("^[0-9a-f]{16}$", header.Watermark.Id);
        Assert.True(header.Timing.Compute.ToTimeSpan() > TimeSpan.Zero);

        var verified = await _server.VerifyAsync(file);

        Assert.Equal(Verdict.Verified, verified.Verdict);
        Assert.Equal(header.Watermark.Id, verified.Watermark.Id);
        Assert.Equal(header.Watermark.KeyId, verified.Watermark.KeyId);
        Assert.InRange(verified.Watermark.FalsePositiveBound, double.Epsilon, 1e-9);
        Assert.True(verified.Xmp.Present);
        Assert.Equal("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", verified.Xmp.DigitalSourceType);
        Assert.Equal(header.DigitalSourceType, verified.Xmp.DigitalSourceType);
        Assert.Equal("DctNet.Grpc", verified.Xmp.AiSystemUsed);
        Assert.Contains(Assert.Single(header.Models), verified.Xmp.AiSystemVersionUsed, StringComparison.Ordinal);
        Assert.False(verified.Tc260.Present);
    }

    [Fact]
    public async Task A_result_that_somebody_has_turned_a_little_is_recognised_with_full_effort()
    {
        var (header, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 640 });
        using var image = Image.NewFromBuffer(file);
        using var turned = image.Rotate(10, background: [90, 90, 90]);
        var picture = turned.PngsaveBuffer(keep: Enums.ForeignKeep.None);

        var fast = await _server.VerifyAsync(picture, DetectionEffort.Fast);
        var full = await _server.VerifyAsync(picture, DetectionEffort.Full);

        Assert.Equal((false, Verdict.None), (fast.Watermark.Found, fast.Verdict));
        Assert.Equal((true, header.Watermark.Id, DetectionStep.Rotation), (full.Watermark.Found, full.Watermark.Id, full.Watermark.Step));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    public async Task What_shows_through_of_an_older_result_does_not_bring_its_mark_along(float strength)
    {
        var (first, older) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions());

        var (header, file) = await _server.CartoonizeAsync(older, new CartoonizeOptions { Strength = strength });

        var verified = await _server.VerifyAsync(file);
        Assert.Equal(first.Watermark.Id, verified.Ledger.ParentId);
        Assert.Equal((header.Watermark.Id, Verdict.Verified), (verified.Watermark.Id, verified.Verdict));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.5f)]
    public async Task Below_full_strength_the_portrait_shows_through_and_the_label_says_so(float strength)
    {
        var (header, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { Strength = strength });

        Assert.Equal(strength, header.Strength);
        Assert.EndsWith("/compositeWithTrainedAlgorithmicMedia", header.DigitalSourceType, StringComparison.Ordinal);
        var verified = await _server.VerifyAsync(file);
        Assert.Equal(header.DigitalSourceType, verified.Xmp.DigitalSourceType);
        Assert.Equal(header.Watermark.Id, verified.Watermark.Id);

        var (_, whole) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { Strength = 1 });
        var (near, far) = (Distance(file), Distance(whole));
        if (strength == 0)
        {
            // Only the watermark is left.
            Assert.InRange(near, 0.01, 4);
        }

        Assert.InRange(near, 0, 0.75 * far);
    }

    [Fact]
    public async Task A_mixture_of_styles_is_drawn_and_named()
    {
        var (header, _) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { Style = "anime:3,sketch:2" });

        Assert.Equal("anime:0.6,sketch:0.4", header.Style);
        Assert.Equal(1, header.Strength);
        Assert.EndsWith("/trainedAlgorithmicMedia", header.DigitalSourceType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cartoon_is_not_the_portrait()
    {
        var (_, file) = await _server.CartoonizeAsync(TestEnvironment.Sample);

        using var portrait = Decode(TestEnvironment.Sample);
        using var cartoon = Decode(file);
        Assert.Equal((portrait.Pixels.Width, portrait.Pixels.Height), (cartoon.Pixels.Width, cartoon.Pixels.Height));
        var difference = 0L;
        for (var i = 0; i < portrait.Pixels.Length; i++)
        {
            difference += Math.Abs(portrait.Pixels.Span[i] - cartoon.Pixels.Span[i]);
        }

        // The watermark alone changes a pixel by less than 2 in the mean; a cartoon by far more, without becoming another picture.
        Assert.InRange(difference / (double)portrait.Pixels.Length, 4, 80);
    }

    [Fact]
    public async Task A_small_picture_goes_by_unary_call()
    {
        var client = new CartoonService.CartoonServiceClient(_server.Channel);
        var request = new CartoonizeImageRequest
        {
            Image = ByteString.CopyFrom(TestEnvironment.Sample),
            Options = new CartoonizeOptions { Format = WireFormat.Jpeg, Quality = 80, MaxSide = 300 },
        };

        var response = await client.CartoonizeImageAsync(request, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(300u, Math.Max(response.Header.Width, response.Header.Height));
        Assert.Equal(response.Header.Sha256.ToByteArray(), SHA256.HashData(response.Image.Span));
    }

    [Fact]
    public async Task A_retry_under_one_idempotency_key_keeps_its_watermark_id()
    {
        var options = new CartoonizeOptions { MaxSide = 256 };
        var (first, _) = await _server.CartoonizeAsync(TestEnvironment.Sample, options, "order 4711");
        var (again, _) = await _server.CartoonizeAsync(TestEnvironment.Sample, options, "order 4711");
        var (other, _) = await _server.CartoonizeAsync(TestEnvironment.Sample, options, "order 4712");
        var (none, _) = await _server.CartoonizeAsync(TestEnvironment.Sample, options);

        Assert.Equal(first.Watermark.Id, again.Watermark.Id);
        Assert.Equal(3, new[] { first, other, none }.Select(header => header.Watermark.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_picture_too_small_for_a_mark_says_so()
    {
        var (header, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128 });

        Assert.False(header.Watermark.Embedded);
        Assert.False(header.Watermark.HasPsnr);
        var verified = await _server.VerifyAsync(file);
        Assert.Equal((Verdict.Verified, C2paState.Trusted), (verified.Verdict, verified.C2Pa.State));
        Assert.False(verified.Watermark.Found);
    }

    [Fact]
    public async Task A_server_whose_results_must_be_marked_refuses_what_is_too_small_and_takes_its_keys_as_text()
    {
        var keys = new WatermarkKeyRing(new WatermarkKey(SHA256.HashData("required"u8)));
        await using var server = await TestServer.StartAsync("Watermark:Required=true", $"Watermark:Keys={keys.ExportText()}");

        await RpcAssert.FailsAsync(
            StatusCode.InvalidArgument,
            "IMAGE_TOO_SMALL",
            () => server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 191 }));
        var (header, _) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 192 });

        Assert.Equal(keys.Embedding.Id, header.Watermark.KeyId);
    }

    [Fact]
    public async Task A_portrait_without_label_and_mark_is_not_called_innocent()
    {
        var verified = await _server.VerifyAsync(TestEnvironment.Sample);

        Assert.Equal(Verdict.None, verified.Verdict);
        Assert.False(verified.Watermark.Found);
        Assert.Contains("does not mean", verified.Summary, StringComparison.Ordinal);
    }

    /// <summary>Mean difference from the sample portrait, of 255.</summary>
    private static double Distance(byte[] file)
    {
        using var portrait = Decode(TestEnvironment.Sample);
        using var picture = Decode(file);
        var sum = 0L;
        for (var i = 0; i < portrait.Pixels.Length; i++)
        {
            sum += Math.Abs(portrait.Pixels.Span[i] - picture.Pixels.Span[i]);
        }

        return (double)sum / portrait.Pixels.Length;
    }

    private static DecodedImage Decode(byte[] file)
    {
        Assert.True(ImageProbe.Read(file, new ImageLimits()).TryGet(out var header, out _));
        Assert.True(ImageDecoder.Decode(file, header).TryGet(out var image, out _));
        return image;
    }
}
