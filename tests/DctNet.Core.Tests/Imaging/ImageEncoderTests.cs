using System.Text;
using DctNet.Core.Imaging;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Imaging;

public class ImageEncoderTests
{
    private static readonly ImageLimits s_limits = new();

    public static TheoryData<ImageFormat> Writable => [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif];

    [Theory]
    [MemberData(nameof(Writable))]
    public void A_picture_survives_the_round_trip(ImageFormat format)
    {
        using var source = TestImages.Gradient();
        using var pixels = TestImages.Pixels(source);
        var encoded = ImageEncoder.Encode(pixels, new EncodeOptions { Format = format }).Value();
        using var decoded = Decode(encoded.Bytes);
        PixelAssert.Near(pixels, decoded.Pixels, format == ImageFormat.Png ? 0 : 2.5);
        Assert.Null(decoded.Metadata.Xmp);
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void Alpha_is_kept_where_the_format_has_it_and_laid_on_white_elsewhere(ImageFormat format)
    {
        using var source = TestImages.GradientWithAlpha();
        using var pixels = TestImages.Pixels(source);
        var encoded = ImageEncoder.Encode(pixels, new EncodeOptions { Format = format, Quality = 95 }).Value();
        using var decoded = Decode(encoded.Bytes);
        Assert.Equal(format.CanWriteAlpha(), decoded.Pixels.HasAlpha);
        if (!decoded.Pixels.HasAlpha)
        {
            Assert.All(decoded.Pixels.Row(0)[..3].ToArray(), value => Assert.InRange(value, 250, 255));
            return;
        }

        for (var y = 0; y < pixels.Height; y += 7)
        {
            Assert.InRange(decoded.Pixels.Row(y)[3], pixels.Row(y)[3] - 4, pixels.Row(y)[3] + 4);
        }
    }

    [Fact]
    public void Quality_governs_the_size()
    {
        using var source = TestImages.Gradient(256, 256);
        using var noise = Image.Gaussnoise(256, 256, sigma: 20, mean: 0, seed: 7);
        using var noisy = source + noise;
        using var bytes = noisy.Cast(Enums.BandFormat.Uchar);
        using var pixels = TestImages.Pixels(bytes);
        foreach (var format in (ImageFormat[])[ImageFormat.Jpeg, ImageFormat.WebP, ImageFormat.Avif])
        {
            var low = ImageEncoder.Encode(pixels, new EncodeOptions { Format = format, Quality = 20 }).Value().Bytes.Length;
            var high = ImageEncoder.Encode(pixels, new EncodeOptions { Format = format, Quality = 95 }).Value().Bytes.Length;
            Assert.True(high > 2 * low, $"{format}: {low} and {high} bytes");
        }
    }

    [Fact]
    public void Impossible_requests_are_refused_by_name()
    {
        using var small = new PixelBuffer(16, 16, 3);
        foreach (var quality in (int[])[0, 101, -5])
        {
            var failure = ImageEncoder.Encode(small, new EncodeOptions { Format = ImageFormat.Jpeg, Quality = quality })
                .Refusal(FailureCode.InvalidOption);
            Assert.Equal("options.quality", failure.Field);
        }

        ImageEncoder.Encode(small, new EncodeOptions { Format = ImageFormat.Gif }).Refusal(FailureCode.InvalidOption);
        using var wide = new PixelBuffer(16_384, 16, 3);
        wide.Span.Clear();
        ImageEncoder.Encode(wide, new EncodeOptions { Format = ImageFormat.WebP }).Refusal(FailureCode.ImageTooLarge);
        ImageEncoder.Encode(wide, new EncodeOptions { Format = ImageFormat.Png }).Value();
        ImageEncoder.Encode(wide, new EncodeOptions { Format = ImageFormat.Avif }).Value();
        using var over = new PixelBuffer(16_385, 16, 3);
        ImageEncoder.Encode(over, new EncodeOptions { Format = ImageFormat.Avif }).Refusal(FailureCode.ImageTooLarge);
        using var wider = new PixelBuffer(65_536, 16, 3);
        ImageEncoder.Encode(wider, new EncodeOptions { Format = ImageFormat.Jpeg }).Refusal(FailureCode.ImageTooLarge);
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void The_longest_label_is_written_and_a_longer_one_refused(ImageFormat format)
    {
        using var source = TestImages.Gradient();
        using var pixels = TestImages.Pixels(source);
        const string Begin = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>", End = "</x:xmpmeta>";
        var longest = Encoding.UTF8.GetBytes(Begin + new string(' ', EncodeOptions.MaxXmpBytes - Begin.Length - End.Length) + End);

        var encoded = ImageEncoder.Encode(pixels, new EncodeOptions { Format = format, Xmp = longest }).Value();

        using var decoded = Decode(encoded.Bytes);
        Assert.Equal(longest, decoded.Metadata.Xmp);
        ImageEncoder.Encode(pixels, new EncodeOptions { Format = format, Xmp = new byte[EncodeOptions.MaxXmpBytes + 1] }).Refusal(FailureCode.Internal);
    }

    private static DecodedImage Decode(byte[] bytes) => ImageDecoder.Decode(bytes, ImageProbe.Read(bytes, s_limits).Value()).Value();
}
