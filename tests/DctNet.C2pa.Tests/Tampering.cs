using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;

namespace DctNet.C2pa.Tests;

/// <summary>A file with one byte changed, for every part of it.</summary>
internal static class Tampering
{
    private const int FlipsPerPart = 12;

    /// <summary>Changed copies, some for each part.</summary>
    public static IEnumerable<(string What, byte[] Bytes)> Everywhere(byte[] file, int seed)
    {
        var random = new Random(seed);
        return Parts(file).SelectMany(part => Flips(file, part.Part, part.Range, random, FlipsPerPart));
    }

    /// <summary>Changed copies, with the changes all over the manifest store, of which no part need be readable.</summary>
    public static IEnumerable<(string What, byte[] Bytes)> Anywhere(byte[] file, int seed) =>
        Anywhere(file, AssetContainer.Recognize(file)!.Find(file)!.Range, seed);

    /// <summary>Changed copies, with the changes all over a range.</summary>
    public static IEnumerable<(string What, byte[] Bytes)> Anywhere(byte[] file, ByteRange range, int seed) =>
        Flips(file, "file", range, new Random(seed), count: 2 * FlipsPerPart);

    private static IEnumerable<(string What, byte[] Bytes)> Flips(byte[] file, string part, ByteRange range, Random random, int count)
    {
        for (var flip = 0; flip < count; flip++)
        {
            var changed = (byte[])file.Clone();
            var at = (int)range.Start + random.Next((int)range.Length);
            changed[at] ^= (byte)(flip % 2 == 0 ? 1 << random.Next(8) : random.Next(1, 256));
            yield return ($"{part} at {at} ({at - range.Start} of {range.Length}), {file[at]:x2} to {changed[at]:x2}", changed);
        }
    }

    private static IEnumerable<(string Part, ByteRange Range)> Parts(byte[] file)
    {
        var container = AssetContainer.Recognize(file)!;
        var location = container.Find(file)!;
        var xmp = file.AsSpan().IndexOf("<x:xmpmeta"u8);
        yield return ("XMP", new ByteRange(xmp, file.AsSpan(xmp).IndexOf("</x:xmpmeta>"u8)));
        yield return ("picture", Picture(file));

        var manifests = JumbfBox.Parse(location.Store).Children;
        foreach (var source in manifests.SkipLast(1))
        {
            yield return ("source's claim", Place(source.ChildrenOf(BoxTypes.Claim).Single().Content(BoxTypes.Cbor)!.Payload));
            yield return ("source's signature", Place(CoseSignature.Parse(source.ChildrenOf(BoxTypes.Signature).Single().Content(BoxTypes.Cbor)!.Payload).Signature));
        }

        var active = manifests[^1];
        foreach (var assertion in active.ChildrenOf(BoxTypes.AssertionStore).Single().Children)
        {
            yield return ($"assertion {assertion.Label}", Place(assertion.Children[0].Payload));
        }

        yield return ("claim", Place(active.ChildrenOf(BoxTypes.Claim).Single().Content(BoxTypes.Cbor)!.Payload));
        var cose = active.ChildrenOf(BoxTypes.Signature).Single().Content(BoxTypes.Cbor)!.Payload;
        var signature = CoseSignature.Parse(cose);
        yield return ("signature", Place(signature.Signature));
        foreach (var (index, certificate) in signature.Certificates.Index())
        {
            yield return ($"certificate {index}", Place(certificate));
        }

        ByteRange Place(ReadOnlyMemory<byte> bytes)
        {
            // The active manifest is the last; its source's may have the same certificates.
            var start = file.AsSpan().LastIndexOf(bytes.Span);
            return start >= 0 ? new ByteRange(start, bytes.Length) : throw new InvalidOperationException("The store is in parts.");
        }
    }

    /// <summary>Coded pixels: the second half of what holds them.</summary>
    private static ByteRange Picture(byte[] file)
    {
        var (marker, length) = file.AsSpan() switch
        {
            [0xFF, 0xD8, ..] => (file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]), 0),
            [0x89, ..] => (file.AsSpan().IndexOf("IDAT"u8), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(file.AsSpan().IndexOf("IDAT"u8) - 4))),
            [(byte)'R', ..] => (file.AsSpan().IndexOf("VP8 "u8), BitConverter.ToInt32(file, file.AsSpan().IndexOf("VP8 "u8) + 4)),
            _ => (file.AsSpan().LastIndexOf("mdat"u8), 0),
        };
        var end = length == 0 ? file.Length : marker + length;
        return new ByteRange(marker + (end - marker) / 2, (end - marker) / 2 - 8);
    }
}
