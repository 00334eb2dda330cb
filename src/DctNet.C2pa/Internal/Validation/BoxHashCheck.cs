using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>Compares a file's boxes with their hashes (C2PA 2.4, "General box hash"): all must be named, in their order, and no other be there.</summary>
internal static class BoxHashCheck
{
    /// <param name="content">The assertion.</param>
    /// <param name="defaultAlgorithm">The claim's algorithm.</param>
    /// <param name="asset">The file.</param>
    /// <param name="boxes">Its boxes, or null where it is not made of such.</param>
    /// <param name="log">Gets the outcome.</param>
    /// <param name="url">The assertion's URI.</param>
    public static void Check(
        CborNode content, string? defaultAlgorithm, ReadOnlySpan<byte> asset, IReadOnlyList<NamedBox>? boxes, StatusLog log, string url)
    {
        if (boxes is null)
        {
            log.Fail(StatusCodes.AlgorithmUnsupported, url, "Not all of the file is in boxes that have names.");
            return;
        }

        if (content["boxes"]?.Items is not [var first, ..] entries)
        {
            log.Fail(StatusCodes.BoxesHashMalformed, url);
            return;
        }

        // Hashes of PNGs may leave out the eight bytes that all PNGs begin with.
        var next = boxes[0].Name == "PNGh" && first["names"]?.Items is [{ Text: not "PNGh" }, ..] ? 1 : 0;
        foreach (var entry in entries)
        {
            var begin = next;
            foreach (var name in entry["names"]?.Items ?? [])
            {
                if (next == boxes.Count || name.Text != boxes[next].Name)
                {
                    log.Fail(StatusCodes.BoxesHashUnknownBox, url, "The file has other boxes than when it was signed.");
                    return;
                }

                next++;
            }

            if (Problem(entry, defaultAlgorithm, asset, boxes, begin, next, log, url) is { } problem)
            {
                log.Fail(problem, url);
                return;
            }
        }

        if (next < boxes.Count)
        {
            log.Fail(StatusCodes.BoxesHashUnknownBox, url, "The file has more boxes than when it was signed.");
            return;
        }

        log.Pass(StatusCodes.BoxesHashMatch, url);
    }

    /// <summary>What is wrong with the boxes of one entry, or null.</summary>
    private static string? Problem(
        CborNode entry,
        string? defaultAlgorithm,
        ReadOnlySpan<byte> asset,
        IReadOnlyList<NamedBox> boxes,
        int begin,
        int end,
        StatusLog log,
        string url)
    {
        var own = Enumerable.Range(begin, end - begin).Select(index => boxes[index]).ToList();
        if (own is [{ Name: NamedBox.Store }])
        {
            return null;
        }

        if (own.Count == 0 || own.Exists(box => box.Name == NamedBox.Store))
        {
            return StatusCodes.BoxesHashMalformed;
        }

        if (entry["excluded"]?.Boolean == true)
        {
            log.Note(StatusCodes.BoxesHashAdditionalExclusions, url);
            return null;
        }

        if (entry["exclusions"] is not null || HashAlgorithms.Find(entry["alg"]?.Text ?? defaultAlgorithm) is not { } algorithm)
        {
            return StatusCodes.AlgorithmUnsupported;
        }

        return entry["hash"]?.Bytes is { } hash
            && hash.Span.SequenceEqual(CryptographicOperations.HashData(algorithm, asset[own[0].Start..own[^1].End]))
            ? null
            : StatusCodes.BoxesHashMismatch;
    }
}
