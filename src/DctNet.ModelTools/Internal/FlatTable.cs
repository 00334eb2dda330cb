using System.Buffers.Binary;

namespace DctNet.ModelTools;

/// <summary>A table of a FlatBuffers file. Fields are numbered in the schema's order; an absent one has its default.</summary>
/// <remarks>Every offset is checked against the file, so a damaged one ends in a <see cref="ModelFormatException"/> and nothing else.</remarks>
internal readonly struct FlatTable
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly long _position;
    private readonly long _fields;
    private readonly int _fieldCount;

    private FlatTable(ReadOnlyMemory<byte> file, long position)
    {
        (_file, _position) = (file, position);
        _fields = position - Int32(position);
        _fieldCount = (UInt16(_fields) - 4) / 2;
        _fields += 4;
    }

    public static FlatTable Root(ReadOnlyMemory<byte> file) => new FlatTable(file).Follow(0);

    private FlatTable(ReadOnlyMemory<byte> file) => _file = file;

    public bool Has(int field) => Position(field) != 0;

    public byte Byte(int field, byte absent = 0) => Position(field) is var p && p != 0 ? Span(p, 1)[0] : absent;

    public bool Flag(int field) => Byte(field) != 0;

    public int Integer(int field, int absent = 0) => Position(field) is var p && p != 0 ? Int32(p) : absent;

    public float Number(int field) => Position(field) is var p && p != 0 ? BitConverter.Int32BitsToSingle(Int32(p)) : 0;

    public FlatTable? Table(int field) => Position(field) is var p && p != 0 ? Follow(p) : null;

    /// <summary>A vector of bytes; empty where it is absent.</summary>
    public ReadOnlyMemory<byte> Bytes(int field)
    {
        var (start, count) = Vector(field, 1);
        return _file.Slice((int)start, count);
    }

    public int[] Integers(int field)
    {
        // Many tables may share one vector, so even a vector that fits the file must be short.
        const int Most = 64;
        var (start, count) = Vector(field, 4);
        var values = count <= Most ? new int[count] : throw new ModelFormatException("a list in it is longer than any of DCT-Net's");
        for (var i = 0; i < count; i++)
        {
            values[i] = Int32(start + (4L * i));
        }

        return values;
    }

    public FlatTable[] Tables(int field)
    {
        var (start, count) = Vector(field, 4);
        if (count > SourceGraph.MaxNodes)
        {
            throw new ModelFormatException("it has more parts than any DCT-Net");
        }

        var tables = new FlatTable[count];
        for (var i = 0; i < count; i++)
        {
            tables[i] = Follow(start + (4L * i));
        }

        return tables;
    }

    private (long Start, int Count) Vector(int field, int size)
    {
        var position = Position(field);
        if (position == 0)
        {
            return (0, 0);
        }

        position += UInt32(position);
        var count = UInt32(position);
        Span(position + 4, count * size);
        return (position + 4, (int)count);
    }

    private FlatTable Follow(long position) => new(_file, position + UInt32(position));

    /// <summary>Where a field's value lies; 0: nowhere.</summary>
    private long Position(int field)
    {
        var offset = field < _fieldCount ? UInt16(_fields + (2 * field)) : 0;
        return offset == 0 ? 0 : _position + offset;
    }

    private ushort UInt16(long position) => BinaryPrimitives.ReadUInt16LittleEndian(Span(position, 2));

    private int Int32(long position) => BinaryPrimitives.ReadInt32LittleEndian(Span(position, 4));

    private long UInt32(long position) => BinaryPrimitives.ReadUInt32LittleEndian(Span(position, 4));

    private ReadOnlySpan<byte> Span(long position, long length) =>
        position >= 0 && length <= _file.Length && position <= _file.Length - length
            ? _file.Span.Slice((int)position, (int)length)
            : throw new ModelFormatException("it is cut off or damaged: an offset leads out of the file");
}
