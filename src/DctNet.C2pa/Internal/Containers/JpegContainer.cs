using System.Buffers.Binary;
using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>JPEG: a JUMBF box in APP11 segments (ISO 19566-5, annex D), all of them side by side.</summary>
internal sealed class JpegContainer : AssetContainer
{
    private const byte App0 = 0xE0;
    private const byte App1 = 0xE1;
    private const byte App11 = 0xEB;
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;

    private const int MarkerBytes = 2;

    /// <summary>Length field, "JP", box instance number and packet number.</summary>
    private const int SegmentOverhead = 2 + 2 + 2 + 4;

    /// <summary>Of the superbox: length and type, repeated in every segment after the first.</summary>
    private const int BoxHeaderBytes = 8;

    private const int MaxSegmentData = ushort.MaxValue - SegmentOverhead;

    // Any number that no other JUMBF box in the file has; this is the one that others use too.
    private const ushort BoxInstance = 0x0211;

    public override string MediaType(ReadOnlySpan<byte> asset) => "image/jpeg";

    protected override bool Matches(ReadOnlySpan<byte> asset) => asset.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    public override StoreLocation? Find(ReadOnlyMemory<byte> asset)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var range = new ByteRange();
        ushort? instance = null;
        uint lastPacket = 0;
        foreach (var (marker, start, end) in Segments(asset))
        {
            var data = asset.Span[(start + MarkerBytes + 2)..end];
            if (marker != App11 || data.Length < SegmentOverhead - 2 + BoxHeaderBytes || !data.StartsWith("JP"u8))
            {
                continue;
            }

            var (number, packet) = (BinaryPrimitives.ReadUInt16BigEndian(data[2..]), BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
            var first = packet == 1 && IsStore(data[8..]);
            if (first && instance is not null)
            {
                throw new MalformedException("The file has two manifest stores.");
            }

            if (first)
            {
                instance = number;
            }
            else if (number != instance)
            {
                continue; // Another JUMBF box: not ours to judge.
            }
            else if (packet != lastPacket + 1)
            {
                throw new MalformedException("The parts of the manifest store are out of order.");
            }

            if (!first && start != range.End)
            {
                throw new MalformedException("The parts of the manifest store are not side by side.");
            }

            lastPacket = packet;
            parts.Add(asset[(start + MarkerBytes + SegmentOverhead + (first ? 0 : BoxHeaderBytes))..end]);
            range = first ? new ByteRange(start, end - start) : range with { Length = end - range.Start };
        }

        return instance is null ? null : new StoreLocation(Join(parts), range);
    }

    public override Embedding Prepare(ReadOnlyMemory<byte> asset, int storeLength)
    {
        // Behind JFIF and EXIF, which want to be first.
        var at = MarkerBytes;
        var closed = false;
        foreach (var (marker, start, end) in Segments(asset))
        {
            if (start == at && marker is App0 or App1)
            {
                at = end;
            }

            closed |= marker == StartOfScan;
        }

        if (!closed)
        {
            throw new MalformedException("The JPEG has no picture.");
        }

        var old = Find(asset);
        return Around(Without(old, asset, 0, at), FrameLength(storeLength), Without(old, asset, at, asset.Length));
    }

    public override byte[] Frame(ReadOnlySpan<byte> store)
    {
        var frame = new byte[FrameLength(store.Length)];
        var (at, packet) = (0, 1u);
        var rest = store;
        var header = store[..BoxHeaderBytes];
        while (!rest.IsEmpty)
        {
            var repeated = packet > 1 ? BoxHeaderBytes : 0;
            var length = Math.Min(rest.Length, MaxSegmentData - repeated);
            var segment = frame.AsSpan(at, MarkerBytes + SegmentOverhead + repeated + length);
            (segment[0], segment[1]) = (0xFF, App11);
            BinaryPrimitives.WriteUInt16BigEndian(segment[2..], (ushort)(segment.Length - MarkerBytes));
            "JP"u8.CopyTo(segment[4..]);
            BinaryPrimitives.WriteUInt16BigEndian(segment[6..], BoxInstance);
            BinaryPrimitives.WriteUInt32BigEndian(segment[8..], packet++);
            header[..repeated].CopyTo(segment[12..]);
            rest[..length].CopyTo(segment[(12 + repeated)..]);
            rest = rest[length..];
            at += segment.Length;
        }

        return frame;
    }

    public override IReadOnlyList<NamedBox>? NamedBoxes(ReadOnlyMemory<byte> asset, ByteRange store)
    {
        var bytes = asset.Span;
        var boxes = new List<NamedBox> { new("SOI", 0, MarkerBytes) };
        for (var at = MarkerBytes; bytes.Length - at >= MarkerBytes && bytes[at] == 0xFF && boxes.Count < NamedBox.MaxCount; at = boxes[^1].End)
        {
            var marker = bytes[at + 1];
            if (marker == EndOfImage)
            {
                boxes.Add(new NamedBox("EOI", at, at + MarkerBytes));
                return boxes[^1].End == bytes.Length ? boxes : null;
            }

            if (Name(marker) is not { } name || bytes.Length - at < MarkerBytes + 2)
            {
                return null;
            }

            var end = at + MarkerBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + MarkerBytes)..]);
            if (end > bytes.Length)
            {
                return null;
            }

            boxes.Add(at == store.Start
                ? new NamedBox(NamedBox.Store, at, (int)store.End)
                : new NamedBox(name, at, marker == StartOfScan ? end + ScanLength(bytes[end..]) : end));
        }

        return null;
    }

    /// <summary>Name of a marker that has a length; null for one that nobody uses.</summary>
    private static string? Name(byte marker) => marker switch
    {
        0xC4 => "DHT",
        0xCC => "DAC",
        0xDA => "SOS",
        0xDB => "DQT",
        0xDD => "DRI",
        0xFE => "COM",
        >= 0xC0 and <= 0xCF and not 0xC8 => $"SOF{marker - 0xC0}",
        >= App0 and <= 0xEF => $"APP{marker - App0}",
        _ => null,
    };

    /// <summary>Bytes of coded picture data, with the restart markers in it.</summary>
    private static int ScanLength(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes[at..].IndexOf((byte)0xFF) is >= 0 and var next && at + next + 1 < bytes.Length)
        {
            at += next;
            if (bytes[at + 1] is not (0 or (>= 0xD0 and <= 0xD7)))
            {
                return at;
            }

            at += MarkerBytes;
        }

        return bytes.Length;
    }

    private static int FrameLength(int storeLength)
    {
        // The first segment holds the store's own header, every other one repeats it.
        var segments = 1 + (Math.Max(0, storeLength - MaxSegmentData) + MaxSegmentData - BoxHeaderBytes - 1) / (MaxSegmentData - BoxHeaderBytes);
        return storeLength + segments * (MarkerBytes + SegmentOverhead) + (segments - 1) * BoxHeaderBytes;
    }

    /// <summary>A JUMBF superbox whose description says that it is a manifest store.</summary>
    private static bool IsStore(ReadOnlySpan<byte> box) =>
        box.Length >= 20
        && BinaryPrimitives.ReadUInt32BigEndian(box[4..]) == BoxTypes.Superbox
        && BinaryPrimitives.ReadUInt32BigEndian(box[12..]) == BoxTypes.Description
        && BinaryPrimitives.ReadUInt32BigEndian(box[16..]) == BoxTypes.Store;

    private static ReadOnlyMemory<byte> Join(List<ReadOnlyMemory<byte>> parts)
    {
        if (parts is [var only])
        {
            return only;
        }

        var store = new byte[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(store.AsMemory(at));
            at += part.Length;
        }

        return store;
    }

    /// <summary>The marker segments up to and with the start of the scan; what is broken ends the list.</summary>
    private static IEnumerable<(byte Marker, int Start, int End)> Segments(ReadOnlyMemory<byte> asset)
    {
        var at = MarkerBytes;
        while (at + 4 <= asset.Length && asset.Span[at] == 0xFF)
        {
            var marker = asset.Span[at + 1];
            if (marker == 0xFF)
            {
                at++; // A fill byte.
                continue;
            }

            if (marker == EndOfImage)
            {
                yield break;
            }

            // TEM, RSTn and SOI stand alone.
            var alone = marker is 0x01 or (>= 0xD0 and <= 0xD8);
            var end = at + MarkerBytes + (alone ? 0 : BinaryPrimitives.ReadUInt16BigEndian(asset.Span[(at + 2)..]));
            if (end > asset.Length || (!alone && end < at + 4))
            {
                yield break;
            }

            if (!alone)
            {
                yield return (marker, at, end);
            }

            if (marker == StartOfScan)
            {
                yield break;
            }

            at = end;
        }
    }
}
