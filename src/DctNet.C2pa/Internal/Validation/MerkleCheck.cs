using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Containers;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>
/// The trees of hashes over a BMFF file's media data (C2PA 2.4, "Merkle trees"), of a file that is there as a whole, and the proofs in it for
/// readers of parts, which must agree with the tree. Films in fragments are not examined.
/// </summary>
internal static class MerkleCheck
{
    /// <summary>The file's own hash covers this much of an <c>mdat</c> box, and the tree the rest.</summary>
    private const int HeaderBytes = 16;

    /// <summary>Of all trees together. A picture of 32 MiB in leaves of 1 KB, the least that c2pa-rs makes, has half as many.</summary>
    private const int MaxLeaves = 1 << 16;

    /// <summary>True where every tree is that of its data; null where they are of a kind that is not examined.</summary>
    /// <param name="trees">The assertion's entries, one for each <c>mdat</c> box in their order.</param>
    /// <param name="algorithm">The assertion's hash algorithm.</param>
    /// <param name="asset">The file.</param>
    /// <param name="boxes">Its boxes.</param>
    public static bool? Holds(IReadOnlyList<CborNode> trees, HashAlgorithmName algorithm, ReadOnlySpan<byte> asset, List<BmffBox> boxes)
    {
        if (boxes.Exists(box => box.Type == "moof") || trees.Any(tree => tree["initHash"] is not null))
        {
            return null;
        }

        var media = boxes.FindAll(box => box.Type == "mdat");
        if (media.Count != trees.Count)
        {
            return false;
        }

        var proofs = Proofs(asset, boxes);
        var left = MaxLeaves;
        for (var i = 0; i < trees.Count; i++)
        {
            var own = trees[i]["alg"]?.Text is { } name ? HashAlgorithms.Find(name) : algorithm;
            var data = asset[(media[i].Start + Math.Min(HeaderBytes, media[i].Length))..media[i].End];
            if (own is null || LeafLengths(trees[i], data.Length, left) is not { } lengths)
            {
                return null;
            }

            left -= lengths.Count;
            if (trees[i]["localId"]?.Integer != i
                || Rows(trees[i], own.Value, data, lengths) is not { } rows
                || (rows.Count > 1 && !AreProved(rows, proofs, trees.Count == 1 ? null : i)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The tree's rows, from its leaves to the row that the manifest has; null where that one is another.</summary>
    private static List<List<byte[]>>? Rows(CborNode tree, HashAlgorithmName algorithm, ReadOnlySpan<byte> data, List<int> lengths)
    {
        if (lengths.Sum(length => (long)length) != data.Length
            || tree["count"]?.Integer != lengths.Count
            || tree["hashes"]?.Items is not { Count: > 0 } expected)
        {
            return null;
        }

        var row = new List<byte[]>(lengths.Count);
        foreach (var length in lengths)
        {
            row.Add(CryptographicOperations.HashData(algorithm, data[..length]));
            data = data[length..];
        }

        // The manifest has one row of the tree, whichever its maker chose.
        List<List<byte[]>> rows = [row];
        while (row.Count > expected.Count)
        {
            rows.Add(row = [.. row.Chunk(2).Select(pair => pair is [var left, var right]
                ? CryptographicOperations.HashData(algorithm, (byte[])[.. left, .. right])
                : pair[0])]); // One that has no neighbour goes up as it is.
        }

        return row.Count == expected.Count && row.Zip(expected).All(pair => pair.Second.Bytes is { } hash && hash.Span.SequenceEqual(pair.First))
            ? rows
            : null;
    }

    /// <summary>True where each leaf has a proof: its neighbours' hashes on the way up.</summary>
    /// <param name="rows">The tree.</param>
    /// <param name="proofs">All proofs of the file.</param>
    /// <param name="localId">Whose to take; null where there is but one tree.</param>
    private static bool AreProved(List<List<byte[]>> rows, List<CborNode?> proofs, int? localId)
    {
        var byLeaf = new Dictionary<long, IReadOnlyList<CborNode>>();
        foreach (var proof in proofs)
        {
            if (proof is not { } node
                || node["uniqueId"]?.Integer is null
                || node["localId"]?.Integer is not { } tree
                || node["location"]?.Integer is not { } leaf)
            {
                return false;
            }

            if ((localId ?? tree) == tree)
            {
                byLeaf.TryAdd(leaf, node["hashes"]?.Items ?? []); // None where the leaf has no neighbours.
            }
        }

        return Enumerable.Range(0, rows[0].Count).All(leaf => byLeaf.GetValueOrDefault(leaf) is { } hashes && IsProved(leaf, hashes));

        bool IsProved(int leaf, IReadOnlyList<CborNode> hashes)
        {
            var neighbours = rows.SkipLast(1).Select((row, level) => row.ElementAtOrDefault((leaf >> level) ^ 1)).OfType<byte[]>().ToList();
            return neighbours.Count == hashes.Count
                && neighbours.Zip(hashes).All(pair => pair.Second.Bytes is { } hash && hash.Span.SequenceEqual(pair.First));
        }
    }

    /// <summary>What the file's boxes of purpose <c>merkle</c> hold; null for one that cannot be read.</summary>
    private static List<CborNode?> Proofs(ReadOnlySpan<byte> asset, List<BmffBox> boxes)
    {
        List<CborNode?> proofs = [];
        foreach (var box in boxes.Where(box => box.Type == "uuid"))
        {
            if (BmffContainer.Content(asset[box.BodyStart..box.End], "merkle\0"u8) is { IsEmpty: false } content)
            {
                try
                {
                    proofs.Add(CborNode.Parse(content.ToArray(), isPadded: true));
                }
                catch (MalformedException)
                {
                    proofs.Add(null);
                }
            }
        }

        return proofs;
    }

    /// <summary>Bytes of each leaf; null where there are too many.</summary>
    private static List<int>? LeafLengths(CborNode tree, int length, int maxLeaves)
    {
        if (tree["variableBlockSizes"]?.Items is { } sizes)
        {
            return sizes.Count > maxLeaves ? null : [.. sizes.Select(size => (int)Math.Clamp(size.Integer ?? 0, 0, length + 1L))];
        }

        var block = (int)Math.Clamp(tree["fixedBlockSize"]?.Integer ?? length, 1, Math.Max(1, length));
        var count = (length + (long)block - 1) / block;
        return count > maxLeaves ? null : [.. Enumerable.Range(0, (int)count).Select(i => Math.Min(block, length - (i * block)))];
    }
}
