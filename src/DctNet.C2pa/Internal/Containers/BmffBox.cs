using System.Buffers.Binary;
using System.Text;
using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>A box of an ISO base media file (ISO 14496-12).</summary>
/// <param name="Type">Four-character code.</param>
/// <param name="Start">Offset in the file.</param>
/// <param name="Length">Bytes with the header.</param>
/// <param name="HeaderLength">8, or 16 with a 64-bit length.</param>
internal readonly record struct BmffBox(string Type, int Start, int Length, int HeaderLength)
{
    /// <summary>A picture has a dozen boxes at its top; a film in fragments some thousand.</summary>
    private const int MaxBoxes = 10_000;

    public int End => Start + Length;

    public int BodyStart => Start + HeaderLength;

    /// <summary>The boxes at the file's top level.</summary>
    /// <exception cref="MalformedException">A length does not fit.</exception>
    public static List<BmffBox> ReadAll(ReadOnlySpan<byte> asset) => Read(asset, 0, asset.Length, strict: true);

    /// <summary>The boxes at the file's top level up to the first that is broken.</summary>
    public static List<BmffBox> ReadWhole(ReadOnlySpan<byte> asset) => Read(asset, 0, asset.Length, strict: false);

    /// <summary>The boxes in this one; none where it is not known to hold boxes.</summary>
    /// <exception cref="MalformedException">A length does not fit.</exception>
    public List<BmffBox> Children(ReadOnlySpan<byte> asset) => Type switch
    {
        "moov" or "trak" or "edts" or "mdia" or "minf" or "dinf" or "stbl" or "mvex" or "moof" or "traf" or "mfra" or "udta" or "iprp" or "ipco"
            => Read(asset, BodyStart, End, strict: true),
        "meta" when Length >= HeaderLength + 4 => Read(asset, BodyStart + 4, End, strict: true),
        _ => [],
    };

    private static List<BmffBox> Read(ReadOnlySpan<byte> asset, int at, int end, bool strict)
    {
        var boxes = new List<BmffBox>();
        while (at < end)
        {
            if (end - at < 8 || boxes.Count == MaxBoxes)
            {
                return strict ? throw new MalformedException("A box is cut short, or there are too many.") : boxes;
            }

            long length = BinaryPrimitives.ReadUInt32BigEndian(asset[at..]);
            var header = 8;
            if (length == 1 && end - at >= 16)
            {
                length = BinaryPrimitives.ReadInt64BigEndian(asset[(at + 8)..]);
                header = 16;
            }
            else if (length == 0)
            {
                length = end - at;
            }

            if (length < header || length > end - at)
            {
                return strict ? throw new MalformedException("The length of a box does not fit.") : boxes;
            }

            boxes.Add(new BmffBox(Encoding.Latin1.GetString(asset.Slice(at + 4, 4)), at, (int)length, header));
            at += (int)length;
        }

        return boxes;
    }
}
