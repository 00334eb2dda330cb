using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace DctNet.C2pa.Internal.Boxes;

/// <summary>A parsed box of ISO 19566-5. Nothing is copied: it looks into the memory that it was parsed from.</summary>
internal sealed class JumbfBox
{
    // A store has four levels (store, manifest, assertion store, assertion) and a few dozen boxes; the bounds leave room for others' ideas.
    private const int MaxDepth = 8;
    private const int MaxBoxes = 10_000;

    // Of all compressed manifests of a store together: a long history with thumbnails has some MB.
    private const int MaxDecompressedBytes = 8 << 20;

    // Every status of a check names its boxes, so a label is copied a thousand times. A manifest's has some 50 bytes.
    private const int MaxLabelBytes = 1024;

    private const int HeaderBytes = 8;
    private const int UuidBytes = 16;

    private const byte HasLabel = 0x02;
    private const byte HasId = 0x04;
    private const byte HasHash = 0x08;

    private JumbfBox(uint type, ReadOnlyMemory<byte> bytes) => (Type, Bytes) = (type, bytes);

    /// <summary>Four-character code of the box.</summary>
    public uint Type { get; }

    /// <summary>The whole box with its header.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What follows the header; of a superbox, including its description.</summary>
    public ReadOnlyMemory<byte> Payload => Bytes[HeaderBytes..];

    /// <summary>Four-character code of a superbox's content type; 0 for a plain box or another family of UUIDs.</summary>
    public uint ContentType { get; private set; }

    /// <summary>A superbox's label; empty where there is none.</summary>
    public string Label { get; private set; } = "";

    /// <summary>The description box of a superbox.</summary>
    public ReadOnlyMemory<byte> Description { get; private set; }

    /// <summary>The boxes in a superbox, without its description.</summary>
    public IReadOnlyList<JumbfBox> Children { get; private set; } = [];

    /// <summary>Parses one superbox that fills <paramref name="bytes"/>, with everything in it.</summary>
    /// <exception cref="MalformedException">It is no such thing, or beyond the bounds.</exception>
    public static JumbfBox Parse(ReadOnlyMemory<byte> bytes)
    {
        var budget = new Budget { Boxes = MaxBoxes, DecompressedBytes = MaxDecompressedBytes };
        var box = Read(bytes, depth: 0, ref budget);
        return box.Type == BoxTypes.Superbox && box.Bytes.Length == bytes.Length
            ? box
            : throw new MalformedException("The manifest store is no JUMBF superbox.");
    }

    public IEnumerable<JumbfBox> ChildrenOf(uint contentType) => Children.Where(child => child.ContentType == contentType);

    public JumbfBox? Child(string label) => Children.FirstOrDefault(child => child.Type == BoxTypes.Superbox && child.Label == label);

    /// <summary>The first content box of a type, as CBOR or JSON stand in an assertion.</summary>
    public JumbfBox? Content(uint type) => Children.FirstOrDefault(child => child.Type == type);

    /// <summary>The hash that a hashed URI to this box holds: over the superbox without its header.</summary>
    public byte[] Hash(HashAlgorithmName algorithm) => CryptographicOperations.HashData(algorithm, Payload.Span);

    private static JumbfBox Read(ReadOnlyMemory<byte> bytes, int depth, ref Budget budget)
    {
        if (bytes.Length < HeaderBytes || --budget.Boxes < 0 || depth > MaxDepth)
        {
            throw new MalformedException("A JUMBF box is cut short, or there are too many.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.Span);
        if (length < HeaderBytes || length > bytes.Length)
        {
            throw new MalformedException("The length of a JUMBF box does not fit.");
        }

        var box = new JumbfBox(BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[4..]), bytes[..(int)length]);
        if (box.Type != BoxTypes.Superbox)
        {
            return box;
        }

        var rest = box.Payload;
        var children = new List<JumbfBox>();
        while (!rest.IsEmpty)
        {
            var child = Read(rest, depth + 1, ref budget);
            rest = rest[child.Bytes.Length..];
            children.Add(depth == 0 && child.Content(BoxTypes.Brotli) is { } compressed ? Decompress(compressed.Payload.Span, ref budget) : child);
        }

        if (children is not [{ Type: BoxTypes.Description } description, ..])
        {
            throw new MalformedException("A JUMBF superbox has no description.");
        }

        box.Description = description.Bytes;
        box.Describe(description.Payload.Span);
        box.Children = children[1..];
        return box;
    }

    /// <summary>
    /// The manifest in a compressed one (C2PA 2.4, "Compressed manifests"). Nobody signs what it is wrapped in, and references to it have the
    /// hash of what comes out.
    /// </summary>
    private static JumbfBox Decompress(ReadOnlySpan<byte> rest, ref Budget budget)
    {
        var manifest = new ArrayBufferWriter<byte>();
        using var decoder = new BrotliDecoder();
        OperationStatus status;
        do
        {
            status = decoder.Decompress(rest, manifest.GetSpan(), out var consumed, out var written);
            manifest.Advance(written);
            rest = rest[consumed..];
        }
        while (status == OperationStatus.DestinationTooSmall && manifest.WrittenCount <= budget.DecompressedBytes);

        budget.DecompressedBytes -= manifest.WrittenCount;
        if (status != OperationStatus.Done || budget.DecompressedBytes < 0)
        {
            throw new MalformedException("A compressed manifest is damaged or too large.");
        }

        var box = Read(manifest.WrittenMemory, depth: 1, ref budget);
        return box.Bytes.Length == manifest.WrittenCount ? box : throw new MalformedException("Bytes follow a compressed manifest.");
    }

    private void Describe(ReadOnlySpan<byte> description)
    {
        if (description.Length <= UuidBytes)
        {
            throw new MalformedException("A JUMBF description is cut short.");
        }

        if (description[4..UuidBytes].SequenceEqual(BoxTypes.UuidTail))
        {
            ContentType = BinaryPrimitives.ReadUInt32BigEndian(description);
        }

        var toggles = description[UuidBytes];
        var rest = description[(UuidBytes + 1)..];
        if ((toggles & HasLabel) != 0)
        {
            var end = rest.IndexOf((byte)0);
            if (end is < 0 or > MaxLabelBytes)
            {
                throw new MalformedException("A JUMBF label does not end, or is too long.");
            }

            Label = Encoding.UTF8.GetString(rest[..end]);
            rest = rest[(end + 1)..];
        }

        // Id and hash are not used in a manifest store, but their room must be there; a private box (a salt) may follow.
        if (rest.Length < ((toggles & HasId) != 0 ? 4 : 0) + ((toggles & HasHash) != 0 ? 32 : 0))
        {
            throw new MalformedException("A JUMBF description is cut short.");
        }
    }
    /// <summary>What a hostile store may still make of boxes and bytes.</summary>
    private struct Budget
    {
        public int Boxes;
        public int DecompressedBytes;
    }
}
