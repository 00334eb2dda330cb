using System.Buffers.Binary;
using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>The item location box of a HEIF file (ISO 14496-12, 8.11.3): where the picture's bytes lie, as offsets into the file.</summary>
internal static class ItemLocations
{
    /// <summary>A copy of the box with every file offset mapped.</summary>
    /// <param name="box">The whole <c>iloc</c> box.</param>
    /// <param name="headerLength">Its header.</param>
    /// <param name="map">From an offset in the old file to the one in the new.</param>
    /// <exception cref="MalformedException">The box is broken, or has no room for a new offset.</exception>
    public static byte[] Move(ReadOnlySpan<byte> box, int headerLength, Func<long, long> map)
    {
        var moved = box.ToArray();
        var cursor = new Cursor(moved, headerLength);
        var version = (int)(cursor.Read(4) >> 24);
        var sizes = (int)cursor.Read(2);
        var (offsetSize, lengthSize, baseSize, indexSize) = (sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15, version == 0 ? 0 : sizes & 15);
        if (version > 2 || ((int[])[offsetSize, lengthSize, baseSize, indexSize]).Any(size => size is not (0 or 4 or 8)))
        {
            throw new MalformedException("The item locations are of an unknown kind.");
        }

        for (var items = cursor.Read(version < 2 ? 2 : 4); items > 0; items--)
        {
            cursor.Read(version < 2 ? 2 : 4); // Its id.
            var inFile = version == 0 || (cursor.Read(2) & 15) == 0;
            inFile &= cursor.Read(2) == 0; // Another file by a data reference stays as it is.
            var basePosition = cursor.Position;
            var start = cursor.Read(baseSize);
            long? shift = null;
            for (var extents = cursor.Read(2); extents > 0; extents--)
            {
                cursor.Read(indexSize);
                var offsetPosition = cursor.Position;
                var offset = cursor.Read(offsetSize);
                cursor.Read(lengthSize);
                if (!inFile)
                {
                    continue;
                }

                var (old, now) = (start + offset, map(start + offset));
                if (baseSize == 0)
                {
                    Cursor.Write(moved, offsetPosition, offsetSize, now);
                }
                else if (shift is null)
                {
                    shift = now - old;
                    Cursor.Write(moved, basePosition, baseSize, start + now - old);
                }
                else if (shift != now - old)
                {
                    throw new MalformedException("The parts of an item cannot be moved together.");
                }
            }
        }

        return moved;
    }

    private ref struct Cursor(ReadOnlySpan<byte> bytes, int position)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        public int Position { get; private set; } = position;

        /// <summary>A big-endian number of 0, 2, 4 or 8 bytes.</summary>
        public long Read(int size)
        {
            if (_bytes.Length - Position < size)
            {
                throw new MalformedException("The item locations are cut short.");
            }

            var field = _bytes.Slice(Position, size);
            Position += size;
            var value = size switch
            {
                0 => 0,
                2 => BinaryPrimitives.ReadUInt16BigEndian(field),
                4 => BinaryPrimitives.ReadUInt32BigEndian(field),
                _ => BinaryPrimitives.ReadInt64BigEndian(field),
            };
            return value is >= 0 and <= int.MaxValue or > 0 and <= uint.MaxValue
                ? value
                : throw new MalformedException("An item lies beyond the file.");
        }

        public static void Write(byte[] bytes, int position, int size, long value)
        {
            switch (size)
            {
                case 4 when value is >= 0 and <= uint.MaxValue:
                    BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(position), (uint)value);
                    break;
                case 8:
                    BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(position), value);
                    break;
                default:
                    throw new MalformedException("The item locations have no room for a new offset.");
            }
        }
    }
}
