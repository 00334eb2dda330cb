using DctNet.C2pa.Internal.Boxes;

namespace DctNet.C2pa.Internal.Containers;

/// <summary>How one file format carries a manifest store (C2PA 2.4, appendix A).</summary>
internal abstract class AssetContainer
{
    private static readonly AssetContainer[] s_known = [new JpegContainer(), new PngContainer(), new WebPContainer(), new BmffContainer()];

    public abstract string MediaType(ReadOnlySpan<byte> asset);

    /// <summary>True where the hard binding goes by boxes (<c>c2pa.hash.bmff.v3</c>) and not by byte ranges (<c>c2pa.hash.data</c>).</summary>
    public virtual bool HashesBoxes => false;

    /// <summary>The container of a file by its first bytes, or null.</summary>
    public static AssetContainer? Recognize(ReadOnlySpan<byte> asset)
    {
        foreach (var container in s_known)
        {
            if (container.Matches(asset))
            {
                return container;
            }
        }

        return null;
    }

    /// <summary>The manifest store, or null where there is none.</summary>
    /// <exception cref="MalformedException">There is one, and it is broken, or there are two.</exception>
    public abstract StoreLocation? Find(ReadOnlyMemory<byte> asset);

    /// <summary>Makes room for a store, dropping one that is there.</summary>
    /// <exception cref="MalformedException">The file is too damaged to have something put into it.</exception>
    public abstract Embedding Prepare(ReadOnlyMemory<byte> asset, int storeLength);

    /// <summary>A store in the container's framing: what fills the hole of an <see cref="Embedding"/>.</summary>
    public abstract byte[] Frame(ReadOnlySpan<byte> store);

    /// <summary>
    /// The file as boxes one behind the other, the whole manifest store being one of them. Null where the format has no such names, or the file
    /// has what they do not cover.
    /// </summary>
    /// <param name="asset">The file.</param>
    /// <param name="store">Where its manifest store is.</param>
    public virtual IReadOnlyList<NamedBox>? NamedBoxes(ReadOnlyMemory<byte> asset, ByteRange store) => null;

    protected abstract bool Matches(ReadOnlySpan<byte> asset);

    /// <summary>An embedding whose hash runs over everything but the hole.</summary>
    private protected static Embedding Around(
        IReadOnlyList<ReadOnlyMemory<byte>> before, int frameLength, IReadOnlyList<ReadOnlyMemory<byte>> after) =>
        new(before, frameLength, after, [.. before, .. after]);

    /// <summary>A slice of the file without the store that is there, as pieces.</summary>
    private protected static List<ReadOnlyMemory<byte>> Without(StoreLocation? store, ReadOnlyMemory<byte> asset, int start, int end)
    {
        List<ReadOnlyMemory<byte>> pieces = store is { Range: var own } && own.Start >= start && own.End <= end
            ? [asset[start..(int)own.Start], asset[(int)own.End..end]]
            : [asset[start..end]];
        pieces.RemoveAll(piece => piece.IsEmpty);
        return pieces;
    }
}
