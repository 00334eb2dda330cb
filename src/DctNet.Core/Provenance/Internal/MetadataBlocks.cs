using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using DctNet.Core.Imaging;
using MetadataExtractor;
using MetadataExtractor.Formats.Jpeg;
using MetadataExtractor.Formats.Png;
using MetadataExtractor.Formats.Riff;
using MetadataExtractor.IO;

namespace DctNet.Core.Provenance;

/// <summary>
/// The raw metadata blocks of a file: MetadataExtractor walks the containers of JPEG, PNG and WebP, libvips that of AVIF. What is
/// inside XMP is parsed by <see cref="XmpDocument"/>, which trusts nothing.
/// </summary>
internal sealed class MetadataBlocks
{
    private static readonly byte[] s_xmpPreamble = "http://ns.adobe.com/xap/1.0/\0"u8.ToArray();

    private static readonly byte[] s_xmpKeyword = "XML:com.adobe.xmp\0"u8.ToArray();

    /// <summary>The first XMP packet, or null.</summary>
    public byte[]? Xmp { get; private set; }

    /// <summary>The first TC260 text outside XMP, a PNG text chunk named AIGC or an EXIF user comment that holds the JSON; or null.</summary>
    public string? Tc260Text { get; private set; }

    /// <summary>How many of those there are.</summary>
    public int Tc260Count { get; private set; }

    /// <summary>True when the container could not be walked to its end.</summary>
    public bool Damaged { get; private set; }

    public static MetadataBlocks Read(ReadOnlyMemory<byte> bytes, ImageFormat format)
    {
        var blocks = new MetadataBlocks();
        try
        {
            switch (format)
            {
                case ImageFormat.Jpeg:
                    blocks.ReadJpeg(Reader(bytes));
                    break;
                case ImageFormat.Png:
                    blocks.ReadPng(Reader(bytes));
                    break;
                case ImageFormat.WebP:
                    new RiffReader().ProcessRiff(Reader(bytes), new WebPHandler(blocks));
                    break;
                default:
                    blocks.ReadByDecoder(bytes);
                    break;
            }
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            blocks.Damaged = true; // The library lets several kinds of exception out on hostile bytes; all of them mean the same here.
        }

        return blocks;
    }

    /// <summary>
    /// A reader over exactly these bytes. The array under a pooled buffer is longer and holds another picture's data behind its end,
    /// hence the copy.
    /// </summary>
    private static BoundedReader Reader(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? new BoundedReader(segment.Array)
            : new BoundedReader(bytes.ToArray());

    private void ReadJpeg(SequentialReader reader)
    {
        foreach (var segment in JpegSegmentReader.ReadSegments(reader, [JpegSegmentType.App1]))
        {
            var data = segment.Bytes;
            if (data.AsSpan().StartsWith(s_xmpPreamble))
            {
                Xmp ??= data[s_xmpPreamble.Length..];
            }
            else if (data.AsSpan().StartsWith("Exif\0\0"u8))
            {
                AddUserComment(data);
            }
        }
    }

    private void ReadPng(SequentialReader reader)
    {
        PngChunkType[] wanted = [PngChunkType.iTXt, PngChunkType.zTXt, PngChunkType.tEXt, PngChunkType.eXIf];
        foreach (var chunk in new PngChunkReader().Extract(reader, wanted))
        {
            var data = chunk.Bytes;
            if (chunk.ChunkType.Equals(PngChunkType.eXIf))
            {
                AddUserComment(data);
            }
            else if (chunk.ChunkType.Equals(PngChunkType.tEXt) && data.AsSpan().StartsWith("AIGC\0"u8))
            {
                AddTc260(() => Encoding.Latin1.GetString(data.AsSpan(5)));
            }
            else if (chunk.ChunkType.Equals(PngChunkType.iTXt) && data.AsSpan().StartsWith("AIGC\0"u8))
            {
                AddTc260(() => Encoding.UTF8.GetString(ReadInternationalText(data, 5)));
            }
            else if (chunk.ChunkType.Equals(PngChunkType.zTXt) && data.AsSpan().StartsWith("AIGC\0"u8))
            {
                AddTc260(() => Encoding.Latin1.GetString(Inflate(data.AsSpan(6)))); // Behind the keyword comes the method, of which there is one.
            }
            else if (chunk.ChunkType.Equals(PngChunkType.iTXt) && data.AsSpan().StartsWith(s_xmpKeyword))
            {
                Xmp ??= ReadInternationalText(data, s_xmpKeyword.Length);
            }
            else if (chunk.ChunkType.Equals(PngChunkType.zTXt) && data.AsSpan().StartsWith(s_xmpKeyword))
            {
                Xmp ??= Inflate(data.AsSpan(s_xmpKeyword.Length + 1)); // libvips puts XMP here.
            }
        }
    }

    /// <summary>PNG 11.3.3.4: keyword, compression flag and method, language, translated keyword, text.</summary>
    private static byte[] ReadInternationalText(byte[] data, int keywordLength)
    {
        var rest = data.AsSpan(keywordLength);
        var compressed = rest[0] == 1;
        rest = rest[2..];
        for (var field = 0; field < 2; field++)
        {
            rest = rest[(rest.IndexOf((byte)0) + 1)..];
        }

        return compressed ? Inflate(rest) : rest.ToArray();
    }

    private static byte[] Inflate(ReadOnlySpan<byte> data)
    {
        using var inflater = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        var text = new byte[SourceMetadata.MaxBlockBytes + 1]; // One over the limit, so that a bomb is told from a packet that just fits.
        var length = inflater.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        return text[..length];
    }

    private void ReadByDecoder(ReadOnlyMemory<byte> bytes)
    {
        if (!ImageProbe.ReadMetadata(bytes).TryGet(out var metadata, out _))
        {
            Damaged = true;
            return;
        }

        Xmp = metadata.Xmp;
        if (metadata.Exif is { } exif)
        {
            AddUserComment(exif.Span);
        }
    }

    private void AddUserComment(ReadOnlySpan<byte> exif)
    {
        if (ExifBlock.Read(exif).Tc260Comment is { } comment)
        {
            AddTc260(() => comment);
        }
    }

    // Later ones are counted and not read: a small file has room for many that inflate to a megabyte each.
    private void AddTc260(Func<string> read)
    {
        Tc260Text ??= read();
        Tc260Count++;
    }

    private sealed class WebPHandler(MetadataBlocks blocks) : IRiffHandler
    {
        public bool ShouldAcceptRiffIdentifier(string identifier) => identifier == "WEBP";

        public bool ShouldAcceptChunk(string fourCc) => fourCc is "XMP " or "EXIF";

        public bool ShouldAcceptList(string fourCc) => false;

        public void ProcessChunk(string fourCc, byte[] payload)
        {
            if (fourCc == "XMP ")
            {
                blocks.Xmp ??= payload;
            }
            else
            {
                blocks.AddUserComment(payload);
            }
        }
    }
}
