namespace DctNet.C2pa.Internal.Containers;

/// <summary>Bytes of a file.</summary>
internal readonly record struct ByteRange(long Start, long Length)
{
    public long End => Start + Length;
}
