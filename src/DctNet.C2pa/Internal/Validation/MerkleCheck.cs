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

        var all = new List<List<List<byte[]>>>();
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
            if (trees[i]["localId"]?.Integer != i || Rows(trees[i], own.Value, data, lengths) is not { } rows)
            {
                return false;
            }

            all.Add(rows);
        }

        return all.TrueForAll(rows => rows.Count == 1) || ProofsHold(all, asset, boxes);
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

    /// <summary>
    /// True where each leaf has a proof in a box of its own, the hashes of its neighbours on the way up, and no proof says otherwise. Read one
    /// by one, so that a hostile file does not fill the memory with them.
    /// </summary>
    private static bool ProofsHold(List<List<List<byte[]>>> trees, ReadOnlySpan<byte> asset, List<BmffBox> boxes)
    {
        var proved = new HashSet<(long Tree, long Leaf)>();
        foreach (var box in boxes)
        {
            var content = box.Type == "uuid" ? BmffContainer.Content(asset[box.BodyStart..box.End], "merkle\0"u8) : default;
            if (content.IsEmpty)
            {
                continue;
            }

            CborNode proof;
            try
            {
                proof = CborNode.Parse(content.ToArray(), isPadded: true);
            }
            catch (MalformedException)
            {
                return false;
            }

            if (proof["uniqueId"]?.Integer is null || proof["localId"]?.Integer is not { } tree || proof["location"]?.Integer is not { } leaf)
            {
                return false;
            }

            tree = trees.Count == 1 ? 0 : tree; // c2pa-rs does not look at it either.
            if (tree < 0 || tree >= trees.Count || leaf < 0 || leaf >= trees[(int)tree][0].Count)
            {
                return false;
            }

            var rows = trees[(int)tree];
            if (rows.Count == 1)
            {
                continue; // The manifest has the leaves themselves.
            }

            var hashes = proof["hashes"]?.Items ?? []; // None where the leaf has no neighbours.
            var neighbours = rows.SkipLast(1)
                .Select((row, level) => row.ElementAtOrDefault(((int)leaf >> level) ^ 1)).OfType<byte[]>().ToList();
            if (hashes.Count != neighbours.Count
                || !hashes.Zip(neighbours).All(pair => pair.First.Bytes is { } hash && hash.Span.SequenceEqual(pair.Second)))
            {
                return false;
            }

            proved.Add((tree, leaf));
        }

        return proved.Count == trees.Where(rows => rows.Count > 1).Sum(rows => rows[0].Count);
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
