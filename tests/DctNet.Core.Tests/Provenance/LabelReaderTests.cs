using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Tests.Imaging;
using NetVips;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

public class LabelReaderTests
{
    private const string Head = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>";
    private const string Tail = "</rdf:RDF></x:xmpmeta>";

    public static TheoryData<ImageFormat> Writable => [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif];

    public static TheoryData<string, string> HostilePackets => new()
    {
        { "DTD", $"<!DOCTYPE x [<!ENTITY a 'b'>]>{Head}<rdf:Description>&a;</rdf:Description>{Tail}" },
        {
            "bomb",
            "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>" +
            $"{Head}<rdf:Description>&c;</rdf:Description>{Tail}"
        },
        { "external", $"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>{Head}{Tail}" },
        { "no XML", "this is no packet" },
        { "cut", Head + "<rdf:Descr" },
        { "deep", Head + string.Concat(Enumerable.Repeat("<a>", 5000)) + string.Concat(Enumerable.Repeat("</a>", 5000)) + Tail },
        { "NULs only", "\0\0\0\0" },
    };

    [Theory]
    [MemberData(nameof(Writable))]
    public void A_picture_without_metadata_is_absent_in_every_layer(ImageFormat format)
    {
        var report = LabelReader.Read(XmpWriterTests.Encode(format, []), format);
        Assert.Equal((LayerState.Absent, LayerState.Absent, false), (report.Xmp, report.Tc260.State, report.ClaimsAi));
        Assert.Null(report.DigitalSourceType);
    }

    [Theory]
    [MemberData(nameof(HostilePackets))]
    public void Hostile_packets_are_unreadable(string name, string packet)
    {
        Assert.NotEmpty(name);
        foreach (var format in (ImageFormat[])[ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP, ImageFormat.Avif])
        {
            var report = LabelReader.Read(XmpWriterTests.Encode(format, Encoding.UTF8.GetBytes(packet)), format);
            Assert.Equal((LayerState.Unreadable, false), (report.Xmp, report.ClaimsAi));
        }
    }

    [Fact]
    public void Ten_megabytes_of_xmp_are_not_parsed()
    {
        var packet = Encoding.ASCII.GetBytes(Head + new string(' ', 10_000_000) + Tail);
        byte[] text = [.. "XML:com.adobe.xmp\0\0\0\0\0"u8, .. packet];
        var png = TestImages.WithPngChunk(XmpWriterTests.Encode(ImageFormat.Png, []), "iTXt"u8, text);
        Assert.Equal(LayerState.Unreadable, LabelReader.Read(png, ImageFormat.Png).Xmp);

        using var image = TestImages.Gradient();
        using var heavy = image.Mutate(header => header.Set(GValue.BlobType, "xmp-data", packet));
        Assert.Equal(LayerState.Unreadable, LabelReader.Read(heavy.WebpsaveBuffer(), ImageFormat.WebP).Xmp);
    }

    [Fact]
    public void The_packet_that_libvips_itself_writes_into_png_is_read()
    {
        using var image = TestImages.Gradient();
        using var labelled = image.Mutate(header => header.Set(GValue.BlobType, "xmp-data", XmpWriter.Write(Labels.Sample)));
        Assert.Equal("DctNet.Grpc", LabelReader.Read(labelled.PngsaveBuffer(), ImageFormat.Png).AiSystemUsed);
    }

    [Fact]
    public void A_compressed_png_packet_is_read_and_a_compressed_bomb_is_not()
    {
        var png = XmpWriterTests.Encode(ImageFormat.Png, []);
        Assert.Equal("DctNet.Grpc", LabelReader.Read(Compressed(XmpWriter.Write(Labels.Sample)), ImageFormat.Png).AiSystemUsed);
        Assert.Equal(LayerState.Unreadable, LabelReader.Read(Compressed(new byte[200_000_000]), ImageFormat.Png).Xmp);

        byte[] Compressed(byte[] packet)
        {
            using var stream = new MemoryStream();
            stream.Write("XML:com.adobe.xmp\0\u0001\0\0\0"u8);
            using (var deflater = new ZLibStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            {
                deflater.Write(packet);
            }

            return TestImages.WithPngChunk(png, "iTXt"u8, stream.ToArray());
        }
    }

    [Fact]
    public void A_length_near_two_gigabytes_is_not_believed()
    {
        const int Length = int.MaxValue - 1000;
        var png = TestImages.WithPngChunk(XmpWriterTests.Encode(ImageFormat.Png, []), "tEXt"u8, "AIGC\0{}"u8);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(png.AsSpan().IndexOf("tEXt"u8) - 4), Length);
        var webp = XmpWriterTests.Encode(ImageFormat.WebP, XmpWriter.Write(Labels.Sample));
        BinaryPrimitives.WriteInt32LittleEndian(webp.AsSpan(webp.AsSpan().IndexOf("XMP "u8) + 4), Length);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(LayerState.Unreadable, LabelReader.Read(png, ImageFormat.Png).Xmp);
        Assert.NotEqual(LayerState.Present, LabelReader.Read(webp, ImageFormat.WebP).Xmp);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void Properties_are_read_in_every_rdf_shape()
    {
        const string Iptc = "xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'";
        foreach (var description in (string[])
            [
                $"<rdf:Description {Iptc} i:DigitalSourceType='T'/>",
                $"<rdf:Description {Iptc}><i:DigitalSourceType>T</i:DigitalSourceType></rdf:Description>",
                $"<rdf:Description {Iptc}><i:DigitalSourceType rdf:resource='T'/></rdf:Description>",
                $"<rdf:Description {Iptc}><i:DigitalSourceType><rdf:Bag><rdf:li>T</rdf:li></rdf:Bag></i:DigitalSourceType></rdf:Description>",
                $"<rdf:Description/><rdf:Description {Iptc} i:DigitalSourceType='T'/>",
            ])
        {
            var packet = Encoding.UTF8.GetBytes(Head + description + Tail);
            Assert.Equal("T", LabelReader.Read(XmpWriterTests.Encode(ImageFormat.Jpeg, packet), ImageFormat.Jpeg).DigitalSourceType);
        }
    }

    [Theory]
    [InlineData("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", true)]
    [InlineData("https://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia", true)]
    [InlineData("trainedAlgorithmicMedia", true)]
    [InlineData("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Source_types_are_told_apart(string? value, bool claims) => Assert.Equal(claims, DigitalSourceTypes.ClaimsGenerativeAi(value));

    [Fact]
    public void A_second_tc260_copy_outside_xmp_is_counted()
    {
        var labelled = XmpWriterTests.Encode(ImageFormat.Png, XmpWriter.Write(Labels.WithTc260));
        var twice = TestImages.WithPngChunk(labelled, "tEXt"u8, "AIGC\0{\"Label\":\"1\"}"u8);
        Assert.Equal(2, LabelReader.Read(twice, ImageFormat.Png).Tc260.Copies);

        var plain = XmpWriterTests.Encode(ImageFormat.Png, []);
        var report = LabelReader.Read(TestImages.WithPngChunk(plain, "tEXt"u8, "AIGC\0{\"Label\":\"3\"}"u8), ImageFormat.Png);
        Assert.Equal((LayerState.Absent, LayerState.Present, "3"), (report.Xmp, report.Tc260.State, report.Tc260.Label));
        Assert.Equal((false, true), (report.ClaimsAi, report.SuspectsAi));
        foreach (var junk in (string[])["{", "[]", "\"\\ud800\"", "{\"Label\":1}", "{\"Label\":\"\\ud800\"}", new string('[', 5000)])
        {
            var text = Encoding.ASCII.GetBytes("AIGC\0" + junk);
            report = LabelReader.Read(TestImages.WithPngChunk(plain, "tEXt"u8, text), ImageFormat.Png);
            Assert.Equal(LayerState.Unreadable, report.Tc260.State);
        }
    }

    [Fact]
    public void Tc260_texts_behind_the_first_are_counted_and_take_no_memory()
    {
        using var deflated = new MemoryStream();
        using (var deflater = new ZLibStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(new byte[1 << 20]);
        }

        byte[] bomb = [.. "AIGC\0\0"u8, .. deflated.ToArray()];
        var png = XmpWriterTests.Encode(ImageFormat.Png, []);
        byte[] bombs = [.. png.AsSpan(0, 33), .. Enumerable.Repeat(TestImages.PngChunk("zTXt"u8, bomb), 100).SelectMany(chunk => chunk), .. png.AsSpan(33)];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var report = LabelReader.Read(bombs, ImageFormat.Png);

        Assert.Equal(100, report.Tc260.Copies);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 20 << 20);
    }

    [Fact]
    public void A_tc260_label_in_an_exif_comment_is_read()
    {
        var json = Tc260Label.Create(Labels.ProviderCode, "17").Value().ToJson();
        using var image = TestImages.Gradient();
        using var commented = image.Mutate(header => header.Set(GValue.GStrType, "exif-ifd2-UserComment", json));
        foreach (var format in (ImageFormat[])[ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.WebP])
        {
            var report = LabelReader.Read(TestImages.Encode(commented, format), format);
            Assert.Equal((LayerState.Absent, LayerState.Present, "17"), (report.Xmp, report.Tc260.State, report.Tc260.ProduceId));
        }
    }

    [Fact]
    public void Bytes_of_a_pool_neighbour_are_not_read()
    {
        var labelled = XmpWriterTests.Encode(ImageFormat.Png, XmpWriter.Write(Labels.Sample));
        byte[] pooled = [.. labelled.AsSpan(0, 33), .. labelled.AsSpan(33)];
        Assert.NotEqual(LayerState.Present, LabelReader.Read(pooled.AsMemory(0, 33), ImageFormat.Png).Xmp);
    }
}
