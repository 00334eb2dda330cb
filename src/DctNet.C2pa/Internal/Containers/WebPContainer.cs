using System.Buffers.Binary;
using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>WebP: a RIFF chunk <c>C2PA</c>, the last of the file. The size in the RIFF header counts it, and is itself hashed.</summary>
internal sealed class WebPContainer : AssetContainer
{
    private const int HeaderBytes = 12;
    private const int ChunkHeaderBytes = 8;

    public override string MediaType(ReadOnlySpan<byte> asset) => "image/webp";

    private static ReadOnlySpan<byte> ChunkType => "C2PA"u8;

    protected override bool Matches(ReadOnlySpan<byte> asset) =>
        asset.Length >= HeaderBytes && asset.StartsWith("RIFF"u8) && asset[8..].StartsWith("WEBP"u8);

    public override StoreLocation? Find(ReadOnlyMemory<byte> asset)
    {
        StoreLocation? found = null;
        foreach (var (start, end) in Chunks(asset))
        {
            if (!asset.Span[start..].StartsWith(ChunkType))
            {
                continue;
            }

            if (found is not null)
            {
                throw new MalformedException("The file has two manifest stores.");
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(asset.Span[(start + 4)..]);
            found = new StoreLocation(asset.Slice(start + ChunkHeaderBytes, length), new ByteRange(start, end - start));
        }

        return found;
    }

    public override Embedding Prepare(ReadOnlyMemory<byte> asset, int storeLength)
    {
        // What follows the last whole chunk is no part of the picture and would stand behind the store.
        var pictureEnd = Chunks(asset).LastOrDefault().End;
        if (pictureEnd == 0)
        {
            throw new MalformedException("The WebP has no picture.");
        }

        var frame = ChunkHeaderBytes + storeLength + (storeLength & 1);
        var chunks = Without(Find(asset), asset, HeaderBytes, pictureEnd);
        var size = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(
            size, checked((uint)(HeaderBytes - ChunkHeaderBytes + chunks.Sum(chunk => (long)chunk.Length) + frame)));
        return Around([asset[..4], size, asset[8..HeaderBytes], .. chunks], frame, []);
    }

    public override byte[] Frame(ReadOnlySpan<byte> store)
    {
        var chunk = new byte[ChunkHeaderBytes + store.Length + (store.Length & 1)];
        ChunkType.CopyTo(chunk);
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), store.Length);
        store.CopyTo(chunk.AsSpan(ChunkHeaderBytes));
        return chunk;
    }

    /// <summary>The chunks with their padding; what is broken ends the list.</summary>
    private static IEnumerable<(int Start, int End)> Chunks(ReadOnlyMemory<byte> asset)
    {
        var riffEnd = Math.Min(asset.Length, 8L + BinaryPrimitives.ReadUInt32LittleEndian(asset.Span[4..]));
        long at = HeaderBytes;
        while (at + ChunkHeaderBytes <= riffEnd)
        {
            long length = BinaryPrimitives.ReadUInt32LittleEndian(asset.Span[((int)at + 4)..]);
            var end = at + ChunkHeaderBytes + length + (length & 1);
            if (end > riffEnd)
            {
                yield break;
            }

            yield return ((int)at, (int)end);
            at = end;
        }
    }
}
