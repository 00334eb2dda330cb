using System.Buffers.Binary;
using System.Text;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Tests.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

/// <summary>The few texts of EXIF that count, in each form that the standards have.</summary>
public class ExifBlockTests
{
    private const string Comment = """{"Label":"1","ContentProducer":"001191110108MA00000000X00001"}""";

    private const ushort Ascii = 2;
    private const ushort Long = 4;
    private const ushort Undefined = 7;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Copyright_artist_and_label_are_read_in_both_byte_orders_and_sizes(bool little, bool big)
    {
        var block = Block(little, big, [(0x013B, Ascii, "Zoë"u8.ToArray()), (0x8298, Ascii, "Ana, photographer\0Bo, editor\0"u8.ToArray())], Ascii8(Comment));

        var read = ExifBlock.Read(block);

        Assert.Equal(("Zoë", "Ana, photographer; Bo, editor", Comment), (read.Artist, read.Copyright, read.Tc260Comment));
        Assert.Equal(read, ExifBlock.Read([.. "Exif\0\0"u8, .. block]));
    }

    [Fact]
    public void A_copyright_of_the_editor_alone_and_other_encodings_are_read()
    {
        Assert.Equal("Bo", ExifBlock.Read(Block(true, false, [(0x8298, Ascii, " \0Bo\0"u8.ToArray())], null)).Copyright);
        Assert.Equal("Zoë", ExifBlock.Read(Block(true, false, [(0x8298, Ascii, Encoding.Latin1.GetBytes("Zoë\0"))], null)).Copyright);
        Assert.Null(ExifBlock.Read(Block(true, false, [(0x8298, Ascii, " \0\0"u8.ToArray())], null)).Copyright);
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            Assert.Equal(Comment, ExifBlock.Read(Block(true, false, [], [.. "UNICODE\0"u8, .. encoding.GetBytes(Comment)])).Tc260Comment);
        }

        Assert.Equal(Comment, ExifBlock.Read(Block(false, false, [], Encoding.ASCII.GetBytes(Comment))).Tc260Comment);
        Assert.Null(ExifBlock.Read(Block(false, false, [], Ascii8("a word of mine"))).Tc260Comment);
    }

    [Fact]
    public void The_tags_of_a_TIFF_file_are_read()
    {
        using var image = TestImages.Gradient(64, 48);
        var tiff = TestImages.WithTiffTexts(TestImages.Encode(image, ImageFormat.Tiff), "Ana Fotograf", Comment);
        using var decoded = ImageDecoder.Decode(tiff, ImageProbe.Read(tiff, new ImageLimits()).Value()).Value();

        var claims = SourceClaims.Read(decoded.Metadata);

        Assert.Equal(("Ana Fotograf", Comment), (claims.Rights, claims.Tc260Json));
        Assert.Equal(LayerState.Present, LabelReader.Read(tiff, ImageFormat.Tiff).Tc260.State);
    }

    /// <summary>A reader of all tags keeps the megabyte as often as it is named, and goes into the XMP until the stack ends.</summary>
    [Fact]
    public void Tags_that_all_name_the_same_megabyte_and_deep_XMP_cost_nothing()
    {
        const int Depth = 100_000;
        var shared = Encoding.ASCII.GetBytes(
            $"<a xmlns=\"u\">{string.Concat(Enumerable.Repeat("<b>", Depth))}{string.Concat(Enumerable.Repeat("</b>", Depth))}</a>");
        var entries = Enumerable.Range(0, 5000).Select(i => ((ushort)(i == 0 ? 700 : 1000 + i), Undefined, shared)).ToArray();
        var block = Block(false, false, entries, Ascii8(Comment));
        var start = GC.GetAllocatedBytesForCurrentThread();

        var read = ExifBlock.Read(block);

        Assert.Equal(Comment, read.Tc260Comment);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 64 << 10);
    }

    [Fact]
    public void No_cut_off_block_is_read_beyond_its_end()
    {
        var block = Block(true, true, [(0x8298, Ascii, "Ana, photographer"u8.ToArray())], Ascii8(Comment));
        var read = Enumerable.Range(0, block.Length).Count(length => ExifBlock.Read(block.AsSpan(0, length)).Copyright is not null);

        Assert.InRange(read, 1, block.Length - 1);
        block.AsSpan(16).Fill(0xFF);
        Assert.Equal(new ExifBlock(), ExifBlock.Read(block));
    }

    private static byte[] Ascii8(string text) => [.. "ASCII\0\0\0"u8, .. Encoding.ASCII.GetBytes(text)];

    /// <summary>A TIFF structure; equal values are stored once.</summary>
    private static byte[] Block(bool little, bool big, (ushort Tag, ushort Type, byte[] Value)[] entries, byte[]? comment)
    {
        var bytes = new List<byte>(little ? "II"u8.ToArray() : "MM"u8.ToArray());
        var stored = new Dictionary<byte[], int>();
        Number(big ? 43 : 42, 2);
        if (big)
        {
            Number(8, 2);
            Number(0, 2);
        }

        var main = Directory([.. entries, .. comment is null ? [] : new (ushort, ushort, byte[])[] { (0x8769, Long, []) }]);
        if (comment is not null)
        {
            var pointer = bytes.Count;
            Directory([(0x9286, Undefined, comment)]);
            Patch(main[^1], pointer, 4); // A LONG in both sizes.
        }

        return [.. bytes];

        // Behind the header or what there is; gives the places of the entries' values.
        List<int> Directory((ushort Tag, ushort Type, byte[] Value)[] items)
        {
            if (bytes.Count is 4 or 8)
            {
                Number(big ? 16 : 8, Size());
            }

            Number(items.Length, big ? 8 : 2);
            var places = new List<int>();
            foreach (var (tag, type, value) in items)
            {
                Number(tag, 2);
                Number(type, 2);
                Number(type == Long ? 1 : value.Length, Size());
                places.Add(bytes.Count);
                Number(0, Size());
            }

            Number(0, Size());
            foreach (var ((_, type, value), place) in items.Zip(places).Where(item => item.First.Type != Long))
            {
                if (value.Length <= Size())
                {
                    for (var i = 0; i < value.Length; i++)
                    {
                        bytes[place + i] = value[i];
                    }

                    continue;
                }

                if (!stored.TryGetValue(value, out var at))
                {
                    stored[value] = at = bytes.Count;
                    bytes.AddRange(value);
                }

                Patch(place, at, Size());
            }

            return places;
        }

        int Size() => big ? 8 : 4;

        void Number(int value, int length) => bytes.AddRange(Bytes(value, length));

        void Patch(int at, int value, int length)
        {
            foreach (var (i, part) in Bytes(value, length).Index())
            {
                bytes[at + i] = part;
            }
        }

        byte[] Bytes(int value, int length)
        {
            var number = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            var part = number[..length];
            return little ? part : [.. part.Reverse()];
        }
    }
}
