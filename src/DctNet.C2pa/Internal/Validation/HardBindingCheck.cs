using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>Compares a file's bytes with the hash in its manifest.</summary>
internal static class HardBindingCheck
{
    private const int MaxExclusions = 1000;

    /// <summary>Boxes that no picture comes from: C2PA's own, what tells the kind of file, indexes, and room.</summary>
    private static readonly string[] s_idleBoxes = ["uuid", "ftyp", "mfra", "free", "skip", "emsg"];

    /// <summary>Checks one hard binding.</summary>
    /// <param name="label">The assertion's label.</param>
    /// <param name="content">Its content.</param>
    /// <param name="defaultAlgorithm">The claim's algorithm.</param>
    /// <param name="asset">The file.</param>
    /// <param name="location">Where its store is.</param>
    /// <param name="log">Gets the outcome.</param>
    /// <param name="url">The assertion's URI.</param>
    public static void Check(
        string label,
        CborNode content,
        string? defaultAlgorithm,
        ReadOnlyMemory<byte> asset,
        StoreLocation location,
        StatusLog log,
        string url)
    {
        if (HashAlgorithms.Find(content["alg"]?.Text ?? defaultAlgorithm) is not { } algorithm)
        {
            log.Fail(StatusCodes.AlgorithmUnsupported, url);
            return;
        }

        switch (Labels.Kind(label))
        {
            case Labels.DataHash:
                Data(content, algorithm, asset, location, log, url);
                break;
            case "c2pa.hash.bmff.v2" or Labels.BmffHash: // Nothing that c2pa.hash.bmff binds may be validated: it does not say where the boxes are.
                Bmff(content, algorithm, asset.Span, log, url);
                break;
            case "c2pa.hash.boxes":
                var boxes = AssetContainer.Recognize(asset.Span)?.NamedBoxes(asset, location.Range);
                BoxHashCheck.Check(content, defaultAlgorithm, asset.Span, boxes, log, url);
                break;
            default:
                log.Fail(StatusCodes.AlgorithmUnsupported, url, $"Hard bindings of the kind {label} are not examined.");
                break;
        }
    }

    private static void Data(
        CborNode content,
        HashAlgorithmName algorithm,
        ReadOnlyMemory<byte> asset,
        StoreLocation location,
        StatusLog log,
        string url)
    {
        var ranges = new List<ByteRange>();
        foreach (var item in content["exclusions"]?.Items ?? [])
        {
            if (item["start"]?.Integer is not (>= 0 and var start)
                || item["length"]?.Integer is not (>= 0 and var length)
                || start > asset.Length
                || length > asset.Length - start
                || ranges is [.., var last] && start < last.End
                || ranges.Count == MaxExclusions)
            {
                log.Fail(StatusCodes.DataHashMalformed, url, "The exclusions overlap or lie beyond the file.");
                return;
            }

            ranges.Add(new ByteRange(start, length));
        }

        if (content["hash"]?.Bytes is not { } expected)
        {
            log.Fail(StatusCodes.DataHashMalformed, url);
            return;
        }

        if (ranges.Exists(range => range.Start < location.Range.Start || range.End > location.Range.End))
        {
            log.Note(StatusCodes.DataHashAdditionalExclusions, url);
        }

        using var hash = IncrementalHash.CreateHash(algorithm);
        AppendWithout(hash, asset.Span, new ByteRange(0, asset.Length), ranges);
        Compare(hash, expected, log, url, StatusCodes.DataHashMatch, StatusCodes.DataHashMismatch);
    }

    private static void Bmff(CborNode content, HashAlgorithmName algorithm, ReadOnlySpan<byte> asset, StatusLog log, string url)
    {
        var (whole, trees) = (content["hash"]?.Bytes, content["merkle"]?.Items is { Count: > 0 } items ? items : null);
        if ((whole is null && trees is null) || content["exclusions"]?.Items is not { Count: <= MaxExclusions } exclusions)
        {
            log.Fail(StatusCodes.BmffHashMalformed, url, "There is no hash, or too many exclusions.");
            return;
        }

        try
        {
            var boxes = BmffBox.ReadAll(asset);
            var mediaHolds = trees is null ? true : MerkleCheck.Holds(trees, algorithm, asset, boxes);
            if (whole is not { } expected || mediaHolds is null)
            {
                log.Fail(StatusCodes.AlgorithmUnsupported, url, "Hashes of films in fragments, or of very many parts, are not examined.");
                return;
            }

            if (mediaHolds is false)
            {
                log.Fail(StatusCodes.BmffHashMismatch, url, "The media data was changed after it was signed.");
                return;
            }

            var ranges = new List<ByteRange>();
            var steps = BmffExclusion.MaxSteps;
            foreach (var exclusion in exclusions)
            {
                BmffExclusion.AddRanges(exclusion, asset, boxes, ranges, ref steps);
            }

            // A tree of hashes is over what is left out of media data.
            if (ranges.Exists(range => !boxes.Exists(box => range.Start >= box.Start && range.End <= box.End
                && (s_idleBoxes.Contains(box.Type) || (trees is not null && box.Type == "mdat")))))
            {
                log.Note(StatusCodes.BmffHashAdditionalExclusions, url);
            }

            ranges.Sort((a, b) => a.Start.CompareTo(b.Start));
            using var hash = IncrementalHash.CreateHash(algorithm);
            foreach (var box in boxes)
            {
                var range = new ByteRange(box.Start, box.Length);
                if (ranges.Contains(range))
                {
                    continue;
                }

                hash.AppendData(BmffContainer.Offset(box.Start));
                AppendWithout(hash, asset, range, ranges);
            }

            Compare(hash, expected, log, url, StatusCodes.BmffHashMatch, StatusCodes.BmffHashMismatch);
        }
        catch (MalformedException problem)
        {
            log.Fail(StatusCodes.BmffHashMismatch, url, problem.Message);
        }
    }

    /// <summary>Hashes a part of the file without some ranges, which are in order.</summary>
    private static void AppendWithout(IncrementalHash hash, ReadOnlySpan<byte> asset, ByteRange part, List<ByteRange> ranges)
    {
        var at = part.Start;
        foreach (var range in ranges)
        {
            if (range.End <= at || range.Start >= part.End)
            {
                continue;
            }

            if (range.Start > at)
            {
                hash.AppendData(asset[(int)at..(int)range.Start]);
            }

            at = Math.Min(range.End, part.End);
        }

        hash.AppendData(asset[(int)at..(int)part.End]);
    }

    private static void Compare(
        IncrementalHash hash, ReadOnlyMemory<byte> expected, StatusLog log, string url, string match, string mismatch)
    {
        if (expected.Span.SequenceEqual(hash.GetHashAndReset()))
        {
            log.Pass(match, url);
        }
        else
        {
            log.Fail(mismatch, url, "The file was changed after it was signed.");
        }
    }
}
