using System.Text;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Tests.Imaging;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

public class XmpWriterTests
{
    private const string SourceXmp =
        """
        <?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
        <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
          xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmlns:dc="http://purl.org/dc/elements/1.1/"
          xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
          xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"
          xmpMM:InstanceID="xmp.iid:source" exif:GPSLatitude="52,31.1N" aux:SerialNumber="SN-778899" photoshop:Credit="Some Agency">
          <Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture</Iptc4xmpExt:DigitalSourceType>
          <TC260:AIGC>{"Label":"2"}</TC260:AIGC>
          <xmpMM:DocumentID>xmp.did:source</xmpMM:DocumentID>
          <xmpRights:Marked>True</xmpRights:Marked>
          <xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="de">nein</rdf:li><rdf:li xml:lang="x-default">no resale</rdf:li></rdf:Alt></xmpRights:UsageTerms>
          <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Ana &amp; Bo &lt;studio&gt;</rdf:li></rdf:Alt></dc:rights>
          <dc:creator><rdf:Seq><rdf:li>Ana</rdf:li><rdf:li>Bo</rdf:li></rdf:Seq></dc:creator>
        </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>
        """;

    public static TheoryData<ImageFormat> Writable => [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif];

    [Theory]
    [MemberData(nameof(Writable))]
    public void The_label_survives_the_file(ImageFormat format)
    {
        var report = LabelReader.Read(Encode(format, XmpWriter.Write(Labels.WithTc260)), format);
        Assert.Equal(LayerState.Present, report.Xmp);
        Assert.Equal("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", report.DigitalSourceType);
        Assert.Equal("DctNet.Grpc", report.AiSystemUsed);
        Assert.Equal("0.1.0 (ink 1)", report.AiSystemVersionUsed);
        Assert.Equal("xmp.iid:5f2b8f0e-6f3a-4c56-9d8a-0a2f5a1c7e11", report.InstanceId);
        Assert.Equal("DctNet.Grpc 0.1.0", report.CreatorTool);
        Assert.Equal("2026-11-23T06:30:00+00:00", report.CreateDate);
        Assert.True(report.ClaimsAi);
        Assert.Equal((LayerState.Present, 1), (report.Tc260.State, report.Tc260.Copies));
        Assert.Equal(
            ("1", Labels.ProviderCode, "00c0ffee00c0ffee"),
            (report.Tc260.Label, report.Tc260.ContentProducer, report.Tc260.ProduceId));
    }

    [Fact]
    public void An_empty_field_does_not_hide_the_same_claim_elsewhere()
    {
        const string Xmp = """
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
              <dc:rights><rdf:Alt><rdf:li xml:lang="x-default"/></rdf:Alt></dc:rights><dc:creator><rdf:Seq><rdf:li> </rdf:li></rdf:Seq></dc:creator>
            </rdf:Description></rdf:RDF></x:xmpmeta>
            """;
        var metadata = new SourceMetadata(Encoding.UTF8.GetBytes(Xmp), null)
        {
            Texts = new Dictionary<string, string> { ["Copyright"] = "A holder", ["Author"] = "An author" },
        };

        var claims = SourceClaims.Read(metadata);

        Assert.Equal("A holder", claims.Rights);
        Assert.Equal(["An author"], claims.Creators);
    }

    [Fact]
    public void The_packet_sits_where_each_container_wants_it()
    {
        var xmp = XmpWriter.Write(Labels.Sample);

        ReadOnlySpan<byte> jpeg = Encode(ImageFormat.Jpeg, xmp);
        var at = jpeg.IndexOf("http://ns.adobe.com/xap/1.0/\0"u8);
        Assert.Equal([0xFF, 0xE1], jpeg.Slice(at - 4, 2).ToArray());
        Assert.True(jpeg[(at + 29)..].StartsWith(xmp));

        ReadOnlySpan<byte> png = Encode(ImageFormat.Png, xmp);
        at = png.IndexOf("iTXtXML:com.adobe.xmp\0"u8);
        Assert.InRange(at, 33, png.IndexOf("IDAT"u8));
        Assert.Equal([0, 0, 0, 0], png.Slice(at + 22, 4).ToArray()); // Not compressed, no language, no translated keyword.
        Assert.True(png[(at + 26)..].StartsWith(xmp));

        ReadOnlySpan<byte> webp = Encode(ImageFormat.WebP, xmp);
        Assert.True(webp[12..].StartsWith("VP8X"u8));
        Assert.Equal(0x04, webp[20] & 0x04);
        Assert.True(webp[(webp.IndexOf("XMP "u8) + 8)..].StartsWith(xmp));

        ReadOnlySpan<byte> avif = Encode(ImageFormat.Avif, xmp);
        Assert.True(avif.IndexOf("application/rdf+xml"u8) > 0);
        Assert.True(avif.IndexOf(xmp) > 0);
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void Copyright_and_prior_labels_survive_but_places_and_serials_do_not(ImageFormat format)
    {
        using var image = TestImages.Gradient(64, 64);
        using var private_ = image.Mutate(header =>
        {
            header.Set(GValue.BlobType, "xmp-data", Encoding.UTF8.GetBytes(SourceXmp));
            header.Set(GValue.GStrType, "exif-ifd3-GPSLatitude", "52/1 31/1 12/1");
            header.Set(GValue.GStrType, "exif-ifd2-BodySerialNumber", "SN-778899");
            header.Set(GValue.GStrType, "exif-ifd0-Make", "SpyCamera");
            header.Set(GValue.GStrType, "exif-ifd0-Copyright", "EXIF holder");
        });
        var source = private_.JpegsaveBuffer();
        Assert.True(source.AsSpan().IndexOf("SpyCamera"u8) > 0, "The source must hold what the output must not.");

        using var decoded = ImageDecoder.Decode(source, ImageProbe.Read(source, new ImageLimits()).Value()).Value();
        var claims = SourceClaims.Read(decoded.Metadata);
        var xmp = XmpWriter.Write(Labels.Sample, claims);
        var output = ImageEncoder.Encode(decoded.Pixels, new EncodeOptions { Format = format, Xmp = xmp }).Value().Bytes;
        foreach (var secret in (string[])["SN-778899", "GPS", "52,31", "SpyCamera", "Exif\0", "Photoshop 3.0"])
        {
            Assert.Equal(-1, output.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)));
        }

        var text = Encoding.UTF8.GetString(xmp);
        var written = SourceClaims.Read(new SourceMetadata(xmp, null));
        Assert.Equal("© 2026 Ana & Bo <studio>", written.Rights);
        Assert.Equal(["Ana", "Bo"], written.Creators);
        Assert.Equal(("Some Agency", "no resale", "True"), (written.Credit, written.UsageTerms, written.Marked));
        Assert.Equal(Labels.Sample.DigitalSourceType, written.DigitalSourceType);
        Assert.Contains("DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", text, StringComparison.Ordinal);
        Assert.Contains("<stRef:instanceID>xmp.iid:source</stRef:instanceID>", text, StringComparison.Ordinal);
        Assert.Equal(0, LabelReader.Read(output, format).Tc260.Copies);
    }

    [Fact]
    public void Exif_copyright_stands_in_when_there_is_no_xmp()
    {
        using var image = TestImages.Gradient(64, 64);
        using var tagged = image.Mutate(header =>
        {
            header.Set(GValue.GStrType, "exif-ifd0-Copyright", "EXIF holder");
            header.Set(GValue.GStrType, "exif-ifd0-Artist", "An artist");
        });
        var metadata = ImageProbe.ReadMetadata(tagged.JpegsaveBuffer()).Value();
        var claims = SourceClaims.Read(metadata);
        Assert.Equal("EXIF holder", claims.Rights);
        Assert.Equal(["An artist"], claims.Creators);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Copyright_of_before_xmp_survives(bool inResources)
    {
        byte[] sets = [.. DataSet(5, "Title"), .. DataSet(80, "Ana"), .. DataSet(80, "Bo"), .. DataSet(110, "Agency"), .. DataSet(116, "IIM holder")];
        byte[] resources =
        [
            .. "Photoshop 3.0\0"u8, .. "8BIM"u8, 4, 37, 0, 0, 0, 0, 0, 3, 1, 2, 3, 0, .. "8BIM"u8, 4, 4, 3, .. "abc"u8, 0, 0, 0, (byte)sets.Length, .. sets,
        ];
        using var image = TestImages.Gradient(64, 64);
        using var tagged = image.Mutate(header => header.Set(GValue.BlobType, "iptc-data", resources));

        var claims = SourceClaims.Read(
            inResources ? ImageProbe.ReadMetadata(tagged.JpegsaveBuffer()).Value() : SourceMetadata.None with { Iptc = sets });

        Assert.Equal(("IIM holder", "Agency"), (claims.Rights, claims.Credit));
        Assert.Equal(["Ana", "Bo"], claims.Creators);
        for (var length = 0; length < resources.Length; length++)
        {
            SourceClaims.Read(SourceMetadata.None with { Iptc = resources[..length] });
        }

        static byte[] DataSet(byte number, string text) => [0x1C, 2, number, 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    [Fact]
    public void Labels_and_copyright_in_texts_of_a_png_survive()
    {
        const string Json = """{"Label":"1","ContentProducer":"x"}""";
        using var image = TestImages.Gradient(64, 64);
        using var tagged = image.Mutate(header =>
        {
            header.Set(GValue.GStrType, "png-comment-0-Copyright", "PNG holder");
            header.Set(GValue.GStrType, "png-comment-1-Author", "Somebody");
            header.Set(GValue.GStrType, "png-comment-2-AIGC", Json);
        });

        var claims = SourceClaims.Read(ImageProbe.ReadMetadata(tagged.PngsaveBuffer()).Value());

        Assert.Equal(("PNG holder", "Somebody", Json), (claims.Rights, Assert.Single(claims.Creators), claims.Tc260Json));
        Assert.Contains(Json, Encoding.UTF8.GetString(XmpWriter.Write(Labels.Sample, claims)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_in_the_user_comment_of_the_source_survives()
    {
        const string Json = """{"Label":"1","ContentProducer":"x"}""";
        using var image = TestImages.Gradient(64, 64);
        using var tagged = image.Mutate(header => header.Set(GValue.GStrType, "exif-ifd2-UserComment", Json));

        Assert.Equal(Json, SourceClaims.Read(ImageProbe.ReadMetadata(tagged.JpegsaveBuffer()).Value()).Tc260Json);
    }

    [Fact]
    public void Texts_of_the_source_cannot_break_the_packet()
    {
        var claims = new SourceClaims { Rights = "]]></rdf:RDF><!DOCTYPE x>&lol;", Creators = ["<a b='c'>", "\"quoted\""], Credit = "?>" };
        var written = SourceClaims.Read(new SourceMetadata(XmpWriter.Write(Labels.Sample, claims), null));
        Assert.Equal((claims.Rights, claims.Credit), (written.Rights, written.Credit));
        Assert.Equal(claims.Creators, written.Creators);
    }

    [Theory]
    [InlineData("&")]
    [InlineData("生")]
    [InlineData("😀")]
    public void The_longest_claims_still_fit_a_jpeg_segment(string character)
    {
        var text = string.Concat(Enumerable.Repeat(character, 5000));
        var escaped = text.Replace("&", "&amp;", StringComparison.Ordinal);
        string[] names =
        [
            "dc:rights", "ps:Credit", "r:UsageTerms", "r:WebStatement", "r:Marked", "mm:InstanceID", "mm:DocumentID", "i:DigitalSourceType",
            "i:AISystemUsed", "i:AISystemVersionUsed", "t:AIGC",
        ];
        var fields = string.Concat(names.Select(name => $"<{name}>{escaped}</{name}>"));
        var creators = string.Concat(Enumerable.Repeat($"<rdf:li>{escaped}</rdf:li>", 20));
        var packet = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/' " +
            "xmlns:ps='http://ns.adobe.com/photoshop/1.0/' xmlns:r='http://ns.adobe.com/xap/1.0/rights/' xmlns:mm='http://ns.adobe.com/xap/1.0/mm/' " +
            "xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' xmlns:t='http://www.tc260.org.cn/ns/AIGC/1.0/'><rdf:Description>" +
            $"{fields}<dc:creator><rdf:Seq>{creators}</rdf:Seq></dc:creator></rdf:Description></rdf:RDF>";
        var claims = SourceClaims.Read(new SourceMetadata(Encoding.UTF8.GetBytes(packet), null));
        Assert.Equal(SourceClaims.MaxCreators, claims.Creators.Count);
        Assert.Equal(SourceClaims.MaxTextChars, claims.Tc260Json!.Length);
        var xmp = XmpWriter.Write(Labels.WithTc260, claims);
        Assert.InRange(xmp.Length, 15_000, EncodeOptions.MaxXmpBytes);
        var report = LabelReader.Read(Encode(ImageFormat.Jpeg, xmp), ImageFormat.Jpeg);
        Assert.Equal((LayerState.Present, 1), (report.Xmp, report.Tc260.Copies));
    }

    internal static byte[] Encode(ImageFormat format, byte[] xmp)
    {
        using var image = TestImages.Gradient(64, 48);
        using var pixels = TestImages.Pixels(image);
        return ImageEncoder.Encode(pixels, new EncodeOptions { Format = format, Xmp = xmp }).Value().Bytes;
    }
}
