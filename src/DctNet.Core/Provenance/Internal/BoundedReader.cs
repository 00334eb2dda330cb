using MetadataExtractor.IO;

namespace DctNet.Core.Provenance;

/// <summary>
/// A reader that gives out no more than there is. The library's own adds lengths in 32 bits: one near 2³¹ passes its check, and it allocates 2 GB.
/// </summary>
internal sealed class BoundedReader : SequentialByteArrayReader
{
    private readonly byte[] _bytes;

    public BoundedReader(byte[] bytes, int position = 0, bool isMotorolaByteOrder = true)
        : base(bytes, position, isMotorolaByteOrder) => _bytes = bytes;

    public override SequentialReader WithByteOrder(bool isMotorolaByteOrder) =>
        isMotorolaByteOrder == IsMotorolaByteOrder ? this : new BoundedReader(_bytes, (int)Position, isMotorolaByteOrder);

    public override byte[] GetBytes(int count) => base.GetBytes(Checked(count));

    public override void GetBytes(byte[] buffer, int offset, int count) => base.GetBytes(buffer, offset, Checked(count));

    private int Checked(int count) =>
        count >= 0 && count <= Available() ? count : throw new IOException("A length reaches beyond the file.");
}
