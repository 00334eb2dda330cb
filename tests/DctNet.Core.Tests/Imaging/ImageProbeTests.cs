using System.Buffers.Binary;
using System.Text;
using DctNet.Core.Imaging;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Imaging;

public class ImageProbeTests
{
    private static readonly ImageLimits s_limits = new();

    public static TheoryData<ImageFormat> AllFormats => [.. Enum.GetValues<ImageFormat>()];

    public static TheoryData<string, byte[]> UnreadFormats => new()
    {
        { "HEIC", [0, 0, 0, 24, .. "ftypheic\0\0\0\0mif1heic"u8] },
        { "HEIC", [0, 0, 0, 24, .. "ftypmif1\0\0\0\0mif1heic"u8] },
        { "video", [0, 0, 0, 24, .. "ftypisom\0\0\0\0isomavc1"u8] },
        { "JPEG XL", [0xFF, 0x0A, 1, 2, 3] },
        { "JPEG XL", [0, 0, 0, 12, .. "JXL \r\n"u8, 0x87, 0x0A, 0, 0, 0, 0] },
        { "JPEG 2000", [0, 0, 0, 12, .. "jP  \r\n"u8, 0x87, 0x0A, 0, 0, 0, 0] },
        { "BMP", "BM\0\0\0\0"u8.ToArray() },
        { "PDF", "%PDF-1.7"u8.ToArray() },
        { "PSD", "8BPS\0\u0001"u8.ToArray() },
        { "SVG", "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>"u8.ToArray() },
        { "no image", "MZ this is a program"u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void Every_accepted_format_is_recognised_with_its_size(ImageFormat format)
    {
        var header = ImageProbe.Read(TestImages.Gradient(format, 97, 63), s_limits).Value();
        Assert.Equal((format, 97, 63, 1), (header.Format, header.Width, header.Height, header.Orientation));
        Assert.Equal(8, header.BitsPerSample);
    }

    [Theory]
    [MemberData(nameof(UnreadFormats))]
    public void Formats_that_are_not_read_are_refused_by_name(string name, byte[] bytes)
    {
        var failure = ImageProbe.Read(bytes, s_limits).Refusal(FailureCode.UnsupportedFormat);
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        Assert.Contains("JPEG, PNG, WebP, AVIF, GIF and TIFF", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_decoded_whole_counts_whole_however_small_it_is_wanted()
    {
        using var image = TestImages.Gradient(400, 300);
        const long Whole = 400 * 300 * 3;
        const long Small = 40 * 30 * 3;

        Assert.Equal(Small, Bytes(image.JpegsaveBuffer()));
        Assert.Equal(Whole, Bytes(image.JpegsaveBuffer(interlace: true)));
        Assert.Equal(Small, Bytes(image.PngsaveBuffer()));
        Assert.Equal(Whole, Bytes(image.PngsaveBuffer(interlace: true)));
        Assert.Equal(Whole, Bytes(TestImages.Encode(image, ImageFormat.WebP)));
        Assert.Equal(Whole, Bytes(TestImages.Encode(image, ImageFormat.Avif)));

        static long Bytes(byte[] file) => ImageProbe.Read(file, s_limits).Value().DecodedBytes(maxSide: 40);
    }

    [Fact]
    public void Zero_bytes_are_called_empty() => ImageProbe.Read(default, s_limits).Refusal(FailureCode.EmptyInput);

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_header_cut_short_is_corrupt(ImageFormat format) =>
        ImageProbe.Read(TestImages.Gradient(format).AsMemory(0, 16), s_limits).Refusal(FailureCode.CorruptImage);

    [Theory]
    [InlineData(1, 500_000_000)]
    [InlineData(500_000_000, 1)]
    [InlineData(0x7FFFFFFF, 0x7FFFFFFF)]
    [InlineData(20_000, 20_000)]
    public void A_png_that_declares_too_much_is_refused_from_its_header(uint width, uint height)
    {
        var failure = ImageProbe.Read(TestImages.PngHeader(width, height), s_limits).Refusal(FailureCode.ImageTooLarge);
        Assert.Contains($"{width} x {height}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Huge_declarations_in_the_other_formats_are_refused_from_the_header()
    {
        var jpeg = TestImages.Gradient(ImageFormat.Jpeg);
        var frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        jpeg.AsSpan(frame + 5, 4).Fill(0xFF);

        var gif = TestImages.Gradient(ImageFormat.Gif);
        gif.AsSpan(6, 4).Fill(0xFF);

        var avif = TestImages.Gradient(ImageFormat.Avif);
        BinaryPrimitives.WriteInt64BigEndian(avif.AsSpan(avif.AsSpan().IndexOf("ispe"u8) + 8), 0x0000FFFF0000FFFF);

        byte[] webp = [.. "RIFF\u0016\0\0\0WEBPVP8X\u000a\0\0\0\0\0\0\0"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        byte[] tiff = [.. "II*\0\u0008\0\0\0\u0002\0"u8, 0, 1, 4, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 4, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];

        foreach (var bytes in (byte[][])[jpeg, gif, avif, webp, tiff])
        {
            ImageProbe.Read(bytes, s_limits).Refusal(FailureCode.ImageTooLarge);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_jpeg_of_many_scans_is_refused_from_its_markers(bool interlaced)
    {
        using var image = TestImages.Gradient(600, 400);
        var jpeg = image.JpegsaveBuffer(q: 90, interlace: interlaced);
        var scan = jpeg[jpeg.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA])..^2];
        byte[] With(int more) => [.. jpeg[..^2], .. Enumerable.Repeat(scan, more).SelectMany(bytes => bytes), 0xFF, 0xD9];

        Assert.Equal((600, 400), (ImageProbe.Read(jpeg, s_limits).Value().Width, ImageProbe.Read(jpeg, s_limits).Value().Height));
        Assert.Equal(600, ImageProbe.Read(With(400), s_limits).Value().Width);
        ImageProbe.Read(With(600), s_limits).Refusal(FailureCode.CorruptImage);

        // What stands behind the image's end is not decoded.
        Assert.Equal(600, ImageProbe.Read((byte[])[.. jpeg, .. With(600)], s_limits).Value().Width);
    }

    [Fact]
    public void Limits_are_inclusive_and_the_smallest_side_counts()
    {
        var png = TestImages.Gradient(ImageFormat.Png, 64, 32);
        ImageProbe.Read(png, new ImageLimits { MaxPixels = 64 * 32, MaxSidePixels = 64, MinSidePixels = 32 }).Value();
        ImageProbe.Read(png, new ImageLimits { MaxPixels = (64 * 32) - 1 }).Refusal(FailureCode.ImageTooLarge);
        ImageProbe.Read(png, new ImageLimits { MaxSidePixels = 63 }).Refusal(FailureCode.ImageTooLarge);
        ImageProbe.Read(png, new ImageLimits { MinSidePixels = 33 }).Refusal(FailureCode.ImageTooSmall);
    }

    [Fact]
    public void Senseless_limits_are_found_on_start()
    {
        Assert.Null(new ImageLimits().Validate());
        Assert.NotNull(new ImageLimits { MaxPixels = 0 }.Validate());
        Assert.NotNull(new ImageLimits { MaxPixels = long.MaxValue }.Validate());
        Assert.NotNull(new ImageLimits { MinSidePixels = 0 }.Validate());
        Assert.NotNull(new ImageLimits { MinSidePixels = 100, MaxSidePixels = 99 }.Validate());
    }

    [Fact]
    public void Several_frames_or_pages_are_called_animated()
    {
        using var frame = TestImages.Gradient(64, 48);
        using var turned = frame.FlipHor();
        using var strip = frame.Join(turned, Enums.Direction.Vertical);
        using var pages = strip.Mutate(header => header.Set(GValue.GIntType, "page-height", 48));
        var still = TestImages.Gradient(ImageFormat.Png);
        var avif = TestImages.Gradient(ImageFormat.Avif);
        "avis"u8.CopyTo(avif.AsSpan(8));
        byte[][] animated =
        [
            pages.GifsaveBuffer(),
            pages.WebpsaveBuffer(),
            pages.TiffsaveBuffer(),
            TestImages.WithPngChunk(still, "acTL"u8, [0, 0, 0, 2, 0, 0, 0, 0]),
            [.. avif, 0, 0, 0, 8, .. "moov"u8],
        ];
        foreach (var bytes in animated)
        {
            ImageProbe.Read(bytes, s_limits).Refusal(FailureCode.AnimatedImage);
        }

        var oneFrame = TestImages.WithPngChunk(still, "acTL"u8, [0, 0, 0, 1, 0, 0, 0, 0]);
        ImageProbe.Read(oneFrame, s_limits).Value();
    }

    [Fact]
    public void An_animation_of_one_frame_is_a_still_picture()
    {
        var still = TestImages.Gradient(ImageFormat.WebP, 64, 48).AsSpan();
        var chunk = still[still.IndexOf("VP8 "u8)..];
        byte[] size = [63, 0, 0, 47, 0, 0];
        byte[] body =
        [
            .. "WEBPVP8X"u8, 10, 0, 0, 0, 0x02, 0, 0, 0, .. size,
            .. "ANIM"u8, 6, 0, 0, 0, 255, 255, 255, 255, 0, 0,
            .. "ANMF"u8, .. BitConverter.GetBytes(16 + chunk.Length), 0, 0, 0, 0, 0, 0, .. size, 100, 0, 0, 0, .. chunk,
        ];

        var header = ImageProbe.Read((byte[])[.. "RIFF"u8, .. BitConverter.GetBytes(body.Length), .. body], s_limits).Value();

        Assert.Equal((64, 48), (header.Width, header.Height));
    }

    [Fact]
    public void Integers_of_32_bits_are_refused()
    {
        using var image = TestImages.Gradient();
        using var wide = image.Cast(Enums.BandFormat.Uint);
        ImageProbe.Read(wide.TiffsaveBuffer(), s_limits).Refusal(FailureCode.UnsupportedFormat);
    }

    [Fact]
    public void A_tiff_counts_whole_since_its_tiles_may_be_as_high()
    {
        using var image = TestImages.Gradient(512, 512);
        var header = ImageProbe.Read(image.TiffsaveBuffer(tile: true, tileWidth: 128, tileHeight: 512), s_limits).Value();
        Assert.Equal(512 * 512 * 3, header.DecodedBytes(16));
    }

    [Fact]
    public void The_header_tells_bits_alpha_and_profile()
    {
        using var image = TestImages.GradientWithAlpha();
        using var deep = image.Colourspace(Enums.Interpretation.Rgb16);
        var header = ImageProbe.Read(deep.PngsaveBuffer(profile: "p3"), s_limits).Value();
        Assert.Equal((16, 4, true, true), (header.BitsPerSample, header.Channels, header.HasAlpha, header.HasIccProfile));

        using var gray = TestImages.Gradient();
        using var one = gray.Colourspace(Enums.Interpretation.Bw);
        header = ImageProbe.Read(one.JpegsaveBuffer(), s_limits).Value();
        Assert.Equal((8, 1, false, false), (header.BitsPerSample, header.Channels, header.HasAlpha, header.HasIccProfile));
    }

    [Fact]
    public void Loaders_outside_the_allow_list_stay_shut()
    {
        VipsRuntime.Ensure();
        var svg = Encoding.UTF8.GetBytes("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>");
        Assert.ThrowsAny<VipsException>(() => Image.SvgloadBuffer(svg));
        Assert.ThrowsAny<VipsException>(() => Image.NewFromBuffer("P3\n1 1\n255\n1 2 3\n"u8.ToArray()));
        Assert.ThrowsAny<VipsException>(() => Image.UhdrloadBuffer(TestImages.Gradient(ImageFormat.Jpeg)));
        Assert.Equal(0, Cache.Max);
    }
}
