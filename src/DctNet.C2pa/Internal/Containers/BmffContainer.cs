using System.Buffers.Binary;
using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>
/// AVIF and its kin: a <c>uuid</c> box behind <c>ftyp</c>. The picture's bytes move, so the file offsets in <c>iloc</c> are rewritten, and
/// the hash goes over boxes with their offsets.
/// </summary>
internal sealed class BmffContainer : AssetContainer
{
    /// <summary>Of the box's body: UUID, version and flags, purpose with its NUL, offset of a Merkle box (none).</summary>
    private const int FramingBytes = 16 + 4 + 9 + 8;

    private const int BoxHeaderBytes = 8;

    public override string MediaType(ReadOnlySpan<byte> asset) => asset.Length < 12 ? "image/heif" : asset[8..12] switch
    {
        [(byte)'a', (byte)'v', (byte)'i', ..] => "image/avif",
        [(byte)'h', (byte)'e', (byte)'i', ..] => "image/heic",
        _ => "image/heif",
    };

    public override bool HashesBoxes => true;

    /// <summary>D8FEC3D6-1B0E-483C-9297-5828877EC481, the C2PA box (C2PA 2.4, A.5).</summary>
    public static ReadOnlySpan<byte> Uuid =>
        [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81];

    private static ReadOnlySpan<byte> Purpose => "manifest\0"u8;

    protected override bool Matches(ReadOnlySpan<byte> asset) => asset.Length >= BoxHeaderBytes && asset[4..].StartsWith("ftyp"u8);

    public override StoreLocation? Find(ReadOnlyMemory<byte> asset)
    {
        StoreLocation? found = null;
        foreach (var box in BmffBox.ReadWhole(asset.Span))
        {
            if (!IsManifest(asset.Span, box))
            {
                continue;
            }

            if (found is not null)
            {
                throw new MalformedException("The file has two manifest stores.");
            }

            found = new StoreLocation(asset[(box.BodyStart + FramingBytes)..box.End], new ByteRange(box.Start, box.Length));
        }

        return found;
    }

    public override Embedding Prepare(ReadOnlyMemory<byte> asset, int storeLength)
    {
        var boxes = BmffBox.ReadAll(asset.Span);
        if (boxes.Exists(box => box.Type is "moov" or "moof"))
        {
            throw new MalformedException("Image sequences and films are not signed.");
        }

        var frame = BoxHeaderBytes + FramingBytes + storeLength;
        var dropped = boxes.Where(box => IsManifest(asset.Span, box)).ToList();
        var at = boxes[0].End;
        List<ReadOnlyMemory<byte>> after = [];
        List<ReadOnlyMemory<byte>> hashed = [];
        foreach (var box in boxes.Skip(1).Except(dropped))
        {
            List<ReadOnlyMemory<byte>> pieces = box.Type == "meta" ? MoveItems(asset, box, Map) : [asset[box.Start..box.End]];
            after.AddRange(pieces);
            if (box.Type != "mfra")
            {
                hashed.Add(Offset(Map(box.Start)));
                hashed.AddRange(pieces);
            }
        }

        return new Embedding([asset[..at]], frame, after, hashed);

        long Map(long old) => old < at ? old : old + frame - dropped.Where(box => box.End <= old).Sum(box => (long)box.Length);
    }

    public override byte[] Frame(ReadOnlySpan<byte> store)
    {
        var box = new byte[BoxHeaderBytes + FramingBytes + store.Length];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        "uuid"u8.CopyTo(box.AsSpan(4));
        Uuid.CopyTo(box.AsSpan(8));
        Purpose.CopyTo(box.AsSpan(28));
        store.CopyTo(box.AsSpan(BoxHeaderBytes + FramingBytes));
        return box;
    }

    /// <summary>The eight bytes that stand for a box's place in the hash.</summary>
    public static byte[] Offset(long start)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, start);
        return bytes;
    }

    /// <summary>What follows the purpose in the body of a C2PA box; empty where it is none, or of another purpose.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> body, ReadOnlySpan<byte> purpose) =>
        body.Length >= 20 && body.StartsWith(Uuid) && body[20..].StartsWith(purpose) ? body[(20 + purpose.Length)..] : default;

    private static bool IsManifest(ReadOnlySpan<byte> asset, BmffBox box) =>
        box.Type == "uuid" && Content(asset[box.BodyStart..box.End], Purpose).Length >= 8; // The offset of a Merkle box.

    private static List<ReadOnlyMemory<byte>> MoveItems(ReadOnlyMemory<byte> asset, BmffBox meta, Func<long, long> map)
    {
        var locations = meta.Children(asset.Span).Find(box => box.Type == "iloc");
        return locations == default
            ? [asset[meta.Start..meta.End]]
            :
            [
                asset[meta.Start..locations.Start],
                ItemLocations.Move(asset.Span[locations.Start..locations.End], locations.HeaderLength, map),
                asset[locations.End..meta.End],
            ];
    }
}
