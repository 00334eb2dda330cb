using System.Globalization;
using DctNet.Core.Imaging;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Imaging;

public class ImageDecoderTests
{
    private static readonly ImageLimits s_limits = new();

    public static TheoryData<ImageFormat> AllFormats => [.. Enum.GetValues<ImageFormat>()];

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void Every_format_decodes_to_the_same_picture(ImageFormat format)
    {
        using var source = TestImages.Gradient();
        using var expected = TestImages.Pixels(source);
        using var decoded = Decode(TestImages.Encode(source, format));
        PixelAssert.Near(expected, decoded.Pixels, format == ImageFormat.Gif ? 6 : 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Every_orientation_comes_out_upright(int orientation)
    {
        using var upright = TestImages.Gradient();
        using var expected = TestImages.Pixels(upright);
        using var stored = Store(upright, orientation);
        foreach (var format in (ImageFormat[])[ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Tiff])
        {
            var bytes = TestImages.Encode(stored, format);
            var header = ImageProbe.Read(bytes, s_limits).Value();
            Assert.Equal((orientation, 96, 64), (header.Orientation, header.Width, header.Height));
            using var decoded = ImageDecoder.Decode(bytes, header).Value();
            PixelAssert.Near(expected, decoded.Pixels, 2);
        }
    }

    [Theory]
    [InlineData("p3")]
    [InlineData("srgb")]
    public void A_profile_is_applied(string profile)
    {
        using var source = TestImages.Gradient();
        using var expected = TestImages.Pixels(source);
        using var converted = source.IccTransform(profile, inputProfile: "srgb", intent: Enums.Intent.Relative);
        using var plain = TestImages.Pixels(converted);
        var bytes = converted.PngsaveBuffer(profile: profile);
        Assert.True(ImageProbe.Read(bytes, s_limits).Value().HasIccProfile);
        using var decoded = Decode(bytes);
        PixelAssert.Near(expected, decoded.Pixels, 1.5);
        if (profile == "p3")
        {
            Assert.True(PixelAssert.MeanAbsoluteError(expected, plain) > 5, "The profile must matter for this test to mean anything.");
        }
    }

    [Fact]
    public void A_profile_that_is_no_profile_is_ignored()
    {
        using var source = TestImages.Gradient();
        using var expected = TestImages.Pixels(source);
        foreach (var junk in (byte[][])[[1, 2, 3], new byte[5000]])
        {
            using var profiled = source.Mutate(header => header.Set(GValue.BlobType, "icc-profile-data", junk));
            using var jpeg = Decode(profiled.JpegsaveBuffer(q: 95, keep: Enums.ForeignKeep.Icc, subsampleMode: Enums.ForeignSubsample.Off));
            PixelAssert.Near(expected, jpeg.Pixels, 2);
        }

        using var cmyk = source.IccTransform("cmyk", inputProfile: "srgb");
        var cmykProfile = (byte[])cmyk.Get("icc-profile-data");
        using var wrong = source.Mutate(header => header.Set(GValue.BlobType, "icc-profile-data", cmykProfile));
        using var decoded = Decode(wrong.TiffsaveBuffer());
        PixelAssert.Near(expected, decoded.Pixels, 2);
    }

    [Fact]
    public void A_16_bit_picture_with_alpha_and_profile_keeps_both()
    {
        using var source = TestImages.GradientWithAlpha();
        using var expected = TestImages.Pixels(source);
        using var deep = source.Colourspace(Enums.Interpretation.Rgb16);
        using var plain = Decode(deep.PngsaveBuffer());
        PixelAssert.Near(expected, plain.Pixels, 0.6);
        using var profiled = Decode(deep.PngsaveBuffer(profile: "srgb"));
        PixelAssert.Near(expected, profiled.Pixels, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cmyk_jpegs_become_srgb_with_and_without_a_profile(bool withProfile)
    {
        using var source = TestImages.Gradient();
        using var cmyk = source.IccTransform("cmyk", inputProfile: "srgb", intent: Enums.Intent.Relative);
        using var back = cmyk.IccTransform("srgb", inputProfile: "cmyk", intent: Enums.Intent.Relative, blackPointCompensation: true);
        using var expected = TestImages.Pixels(back);
        var bytes = withProfile
            ? cmyk.JpegsaveBuffer(q: 98, profile: "cmyk")
            : cmyk.JpegsaveBuffer(q: 98, keep: Enums.ForeignKeep.None);
        var header = ImageProbe.Read(bytes, s_limits).Value();
        Assert.Equal((4, false, withProfile), (header.Channels, header.HasAlpha, header.HasIccProfile));
        using var decoded = ImageDecoder.Decode(bytes, header).Value();
        PixelAssert.Near(expected, decoded.Pixels, 3);
    }

    [Fact]
    public void Gray_palette_and_deep_pictures_become_8_bit_rgb()
    {
        using var color = TestImages.Gradient();
        using var gray = color.Colourspace(Enums.Interpretation.Bw);
        using var grayRgb = gray.Colourspace(Enums.Interpretation.Srgb);
        using var expected = TestImages.Pixels(grayRgb);
        using var gray16 = gray.Colourspace(Enums.Interpretation.Grey16);
        using var real = gray.Cast(Enums.BandFormat.Float);
        foreach (var bytes in (byte[][])[gray.JpegsaveBuffer(q: 98), gray.PngsaveBuffer(), gray16.PngsaveBuffer(), real.TiffsaveBuffer()])
        {
            using var decoded = Decode(bytes);
            PixelAssert.Near(expected, decoded.Pixels, 1.5);
        }

        using var alpha = gray.Bandjoin(gray);
        using var withAlpha = Decode(alpha.PngsaveBuffer());
        Assert.Equal(4, withAlpha.Pixels.Channels);
        Assert.Equal(withAlpha.Pixels.Span[0], withAlpha.Pixels.Span[3]);

        using var colors = TestImages.Pixels(color);
        using var palette = Decode(color.PngsaveBuffer(palette: true, q: 100));
        PixelAssert.Near(colors, palette.Pixels, 6);
        using var deep = color.Colourspace(Enums.Interpretation.Rgb16);
        using var tenBits = Decode(deep.HeifsaveBuffer(q: 95, bitdepth: 10, compression: Enums.ForeignHeifCompression.Av1, effort: 0));
        PixelAssert.Near(colors, tenBits.Pixels, 2);
        using var lab = color.Colourspace(Enums.Interpretation.Lab);
        using var fromLab = Decode(lab.TiffsaveBuffer());
        PixelAssert.Near(colors, fromLab.Pixels, 2);
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void Truncated_pixels_are_corrupt(ImageFormat format)
    {
        var whole = TestImages.Gradient(format, 300, 200);
        foreach (var share in (double[])[0.5, 0.75, 0.9])
        {
            var part = whole.AsMemory(0, (int)(whole.Length * share));
            if (ImageProbe.Read(part, s_limits).TryGet(out var header, out var failure))
            {
                ImageDecoder.Decode(part, header).Refusal(FailureCode.CorruptImage);
            }
            else
            {
                Assert.Equal(FailureCode.CorruptImage, failure.Code);
            }
        }
    }

    [Fact]
    public void A_damaged_jpeg_scan_is_corrupt_but_bytes_behind_the_picture_are_not()
    {
        var bytes = TestImages.Gradient(ImageFormat.Jpeg, 300, 200);
        var damaged = bytes.ToArray();
        damaged.AsSpan(bytes.Length / 2, 40).Fill(0xFF);
        var header = ImageProbe.Read(damaged, s_limits).Value();
        ImageDecoder.Decode(damaged, header).Refusal(FailureCode.CorruptImage);

        using var decoded = Decode([.. bytes, 1, 2, 3, 4]);
        Assert.Equal((300, 200), (decoded.Pixels.Width, decoded.Pixels.Height));
    }

    [Theory]
    [InlineData("bytes before a segment")]
    [InlineData("bytes before the scan")]
    [InlineData("spectral selection of 0")]
    [InlineData("JFIF 2")]
    public void A_jpeg_with_the_oddities_of_cameras_decodes_as_without_them(string oddity)
    {
        var plain = TestImages.Gradient(ImageFormat.Jpeg, 300, 200);
        var (tables, scan) = (plain.AsSpan().IndexOf((byte[])[0xFF, 0xDB]), plain.AsSpan().IndexOf((byte[])[0xFF, 0xDA]));
        byte[] odd = oddity switch
        {
            "bytes before a segment" => [.. plain[..tables], 1, 2, 3, .. plain[tables..]],
            "JFIF 2" => [.. plain[..2], 0xFF, 0xE0, 0, 16, .. "JFIF\0"u8, 2, 0, 0, 0, 1, 0, 1, 0, 0, .. plain[2..]],
            "bytes before the scan" => [.. plain[..scan], 0xFF, 0, 7, .. plain[scan..]],
            _ => plain.ToArray(),
        };
        if (oddity == "spectral selection of 0")
        {
            odd[scan + 12] = 0; // Of three components.
        }

        using var expected = Decode(plain);
        using var decoded = Decode(odd);
        Assert.Equal(expected.Pixels.Span, decoded.Pixels.Span);

        odd.AsSpan(odd.Length / 2, 40).Fill(0xFF);
        ImageDecoder.Decode(odd, ImageProbe.Read(odd, s_limits).Value()).Refusal(FailureCode.CorruptImage);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("srgb")]
    public void Floats_are_linear_light_with_a_profile_or_without(string? profile)
    {
        using var source = TestImages.GradientWithAlpha();
        using var expected = TestImages.Pixels(source);
        using var linear = source.Colourspace(Enums.Interpretation.Scrgb);
        using var decoded = Decode(linear.TiffsaveBuffer(profile: profile));
        PixelAssert.Near(expected, decoded.Pixels, 1.5);
    }

    [Fact]
    public async Task Decoding_side_by_side_gives_each_caller_his_own_answer()
    {
        using var source = TestImages.Gradient();
        using var expected = TestImages.Pixels(source);
        var good = TestImages.Encode(source, ImageFormat.Jpeg);
        var bad = good.ToArray();
        bad.AsSpan(good.Length / 2, 40).Fill(0xFF);
        var header = ImageProbe.Read(good, s_limits).Value();
        await Parallel.ForAsync(0, 200, TestContext.Current.CancellationToken, (i, _) =>
        {
            if (i % 2 == 0)
            {
                ImageDecoder.Decode(bad, header).Refusal(FailureCode.CorruptImage);
            }
            else
            {
                using var decoded = ImageDecoder.Decode(good, header).Value();
                PixelAssert.Near(expected, decoded.Pixels, 2);
            }

            return ValueTask.CompletedTask;
        });
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.WebP)]
    [InlineData(ImageFormat.Avif)]
    public void A_longest_side_shrinks_while_decoding(ImageFormat format)
    {
        using var large = TestImages.Gradient(1201, 801);
        using var pixels = TestImages.Pixels(large);
        var bytes = TestImages.Encode(large, format);
        foreach (var side in (int[])[1000, 400, 150, 100])
        {
            var header = ImageProbe.Read(bytes, s_limits).Value();
            var (width, height) = header.FitWithin(side);
            using var expected = ImageResizer.Resize(pixels, width, height);
            using var decoded = ImageDecoder.Decode(bytes, header, side).Value();
            Assert.Equal(side, Math.Max(decoded.Pixels.Width, decoded.Pixels.Height));
            PixelAssert.Near(expected, decoded.Pixels, 2);
        }

        using var same = ImageDecoder.Decode(bytes, ImageProbe.Read(bytes, s_limits).Value(), 5000).Value();
        Assert.Equal((1201, 801), (same.Pixels.Width, same.Pixels.Height));
    }

    [Fact]
    public void A_turned_picture_shrinks_by_its_upright_sides()
    {
        using var upright = TestImages.Gradient(900, 300);
        using var stored = Store(upright, 6);
        var bytes = TestImages.Encode(stored, ImageFormat.Jpeg);
        using var decoded = Decode(bytes, 90);
        Assert.Equal((90, 30), (decoded.Pixels.Width, decoded.Pixels.Height));
    }

    [Fact]
    public void A_side_below_one_is_an_invalid_option()
    {
        var bytes = TestImages.Gradient(ImageFormat.Png);
        ImageDecoder.Decode(bytes, ImageProbe.Read(bytes, s_limits).Value(), 0).Refusal(FailureCode.InvalidOption);
    }

    private static DecodedImage Decode(byte[] bytes, int? maxSide = null) =>
        ImageDecoder.Decode(bytes, ImageProbe.Read(bytes, s_limits).Value(), maxSide).Value();

    /// <summary>The picture as a camera held in that orientation would store it (the inverse of the EXIF turn).</summary>
    private static Image Store(Image upright, int orientation)
    {
        var stored = orientation switch
        {
            2 => upright.FlipHor(),
            3 => upright.Rot180(),
            4 => upright.FlipVer(),
            5 => upright.Rot90().FlipHor(),
            6 => upright.Rot270(),
            7 => upright.Rot90().FlipVer(),
            8 => upright.Rot90(),
            _ => upright.Copy(),
        };
        return stored.Mutate(header =>
        {
            header.Set(GValue.GIntType, "orientation", orientation);
            header.Set(GValue.GStrType, "exif-ifd0-Orientation", orientation.ToString(CultureInfo.InvariantCulture));
        });
    }
}
