using System.Buffers.Binary;
using System.Text;
using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>PNG: one <c>caBX</c> chunk, right behind IHDR.</summary>
internal sealed class PngContainer : AssetContainer
{
    private const int SignatureBytes = 8;

    /// <summary>Length, type and CRC.</summary>
    private const int ChunkOverhead = 12;

    private static readonly uint[] s_crc = CrcTable();

    public override string MediaType(ReadOnlySpan<byte> asset) => "image/png";

    private static ReadOnlySpan<byte> ChunkType => "caBX"u8;

    protected override bool Matches(ReadOnlySpan<byte> asset) =>
        asset.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);

    public override StoreLocation? Find(ReadOnlyMemory<byte> asset)
    {
        StoreLocation? found = null;
        foreach (var (start, end) in Chunks(asset))
        {
            if (!IsType(asset, start, ChunkType))
            {
                continue;
            }

            if (found is not null)
            {
                throw new MalformedException("The file has two manifest stores.");
            }

            found = new StoreLocation(asset[(start + 8)..(end - 4)], new ByteRange(start, end - start));
        }

        return found;
    }

    public override Embedding Prepare(ReadOnlyMemory<byte> asset, int storeLength)
    {
        if (Chunks(asset).FirstOrDefault() is not { End: > 0 } header || !IsType(asset, header.Start, "IHDR"u8))
        {
            throw new MalformedException("The PNG does not begin with IHDR.");
        }

        return Around([asset[..header.End]], storeLength + ChunkOverhead, Without(Find(asset), asset, header.End, asset.Length));
    }

    public override byte[] Frame(ReadOnlySpan<byte> store)
    {
        var chunk = new byte[store.Length + ChunkOverhead];
        BinaryPrimitives.WriteInt32BigEndian(chunk, store.Length);
        ChunkType.CopyTo(chunk.AsSpan(4));
        store.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(^4), Crc(chunk.AsSpan(4, store.Length + 4)));
        return chunk;
    }

    public override IReadOnlyList<NamedBox>? NamedBoxes(ReadOnlyMemory<byte> asset, ByteRange store)
    {
        var boxes = new List<NamedBox> { new("PNGh", 0, SignatureBytes) };
        foreach (var (start, end) in Chunks(asset).TakeWhile(_ => boxes.Count < NamedBox.MaxCount))
        {
            boxes.Add(new NamedBox(start == store.Start ? NamedBox.Store : Encoding.Latin1.GetString(asset.Span.Slice(start + 4, 4)), start, end));
        }

        return boxes[^1].End == asset.Length ? boxes : null;
    }

    private static bool IsType(ReadOnlyMemory<byte> asset, int start, ReadOnlySpan<byte> type) =>
        asset.Span.Slice(start + 4, 4).SequenceEqual(type);

    private static IEnumerable<(int Start, int End)> Chunks(ReadOnlyMemory<byte> asset)
    {
        var at = SignatureBytes;
        while (asset.Length - at >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(asset.Span[at..]);
            if (length > asset.Length - at - ChunkOverhead)
            {
                yield break;
            }

            var end = at + ChunkOverhead + (int)length;
            yield return (at, end);
            at = end;
        }
    }

    /// <summary>CRC-32 as PNG has it (ISO 15948, annex D).</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = s_crc[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] CrcTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
