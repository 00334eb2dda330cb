using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Containers;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>One exclusion of a BMFF hash: boxes by their path, and conditions that a box must fulfil.</summary>
internal static class BmffExclusion
{
    private const int MaxPathParts = 16;
    private const int MaxRanges = 1000;

    /// <summary>How many boxes all exclusions of one file may look at: a film has some ten thousand, and there are a few exclusions.</summary>
    public const int MaxSteps = 1_000_000;

    /// <summary>Adds what this exclusion leaves out of the hash.</summary>
    /// <exception cref="MalformedException">It is no exclusion, or leaves out too much to keep count of.</exception>
    public static void AddRanges(
        CborNode exclusion, ReadOnlySpan<byte> asset, IReadOnlyList<BmffBox> boxes, List<ByteRange> ranges, ref int steps)
    {
        var path = exclusion["xpath"]?.Text?.Split('/') ?? [];
        if (path is not ["", _, ..] || path.Length > MaxPathParts)
        {
            throw new MalformedException("An exclusion has no path.");
        }

        Descend(exclusion, asset, boxes, path.AsSpan(1), ranges, ref steps);
    }

    private static void Descend(
        CborNode exclusion,
        ReadOnlySpan<byte> asset,
        IReadOnlyList<BmffBox> boxes,
        ReadOnlySpan<string> path,
        List<ByteRange> ranges,
        ref int steps)
    {
        var (type, number) = Step(path[0]);
        var seen = 0;
        foreach (var box in boxes)
        {
            if (--steps < 0)
            {
                throw new MalformedException("There are too many boxes.");
            }

            if (box.Type != type || (++seen != number && number != 0))
            {
                continue;
            }

            if (path.Length > 1)
            {
                Descend(exclusion, asset, box.Children(asset), path[1..], ranges, ref steps);
            }
            else if (Fits(exclusion, asset, box))
            {
                Add(exclusion, box, ranges);
            }
        }
    }

    /// <summary>A part of a path: a box's type, and which of several in square brackets, from 1.</summary>
    private static (string Type, int Number) Step(string part)
    {
        var bracket = part.IndexOf('[');
        return bracket > 0 && part.EndsWith(']') && int.TryParse(part.AsSpan((bracket + 1)..^1), out var number)
            ? (part[..bracket], number)
            : (part, 0);
    }

    private static bool Fits(CborNode exclusion, ReadOnlySpan<byte> asset, BmffBox box)
    {
        var bytes = asset[box.Start..box.End];
        if (exclusion["length"]?.Integer is { } length && length != box.Length)
        {
            return false;
        }

        if (exclusion["version"]?.Integer is { } version && (box.Length <= box.HeaderLength || bytes[box.HeaderLength] != version))
        {
            return false;
        }

        if (exclusion["flags"]?.Bytes is { Length: 3 } flags)
        {
            if (box.Length < box.HeaderLength + 4)
            {
                return false;
            }

            var own = bytes.Slice(box.HeaderLength + 1, 3);
            var exact = exclusion["exact"]?.Boolean ?? true;
            for (var i = 0; i < 3; i++)
            {
                if (exact ? own[i] != flags.Span[i] : (own[i] & flags.Span[i]) != flags.Span[i])
                {
                    return false;
                }
            }
        }

        foreach (var item in exclusion["data"]?.Items ?? [])
        {
            if (item["offset"]?.Integer is not (>= 0 and var offset)
                || item["value"]?.Bytes is not { } value
                || offset + value.Length > bytes.Length
                || !bytes.Slice((int)offset, value.Length).SequenceEqual(value.Span))
            {
                return false;
            }
        }

        return true;
    }

    private static void Add(CborNode exclusion, BmffBox box, List<ByteRange> ranges)
    {
        if (exclusion["subset"]?.Items is not { } parts)
        {
            Append(new ByteRange(box.Start, box.Length));
            return;
        }

        foreach (var part in parts)
        {
            if (part["offset"]?.Integer is not (>= 0 and var offset) || part["length"]?.Integer is not (>= 0 and var length))
            {
                throw new MalformedException("A part of an exclusion has no place.");
            }

            // A part that reaches beyond the box ends with it; a length of 0 means to its end.
            var start = Math.Min(offset, box.Length);
            Append(new ByteRange(box.Start + start, length == 0 ? box.Length - start : Math.Min(length, box.Length - start)));
        }

        void Append(ByteRange range)
        {
            if (ranges.Count == MaxRanges)
            {
                throw new MalformedException("There are too many exclusions.");
            }

            ranges.Add(range);
        }
    }
}
