using System.Buffers;
using DctNet.Core.Imaging;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>A finished cartoon and the facts about it.</summary>
public sealed record CartoonResult
{
    /// <summary>The file's format.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>The file: encoded, marked, labelled and signed. Pieces of memory, as the credential stands between parts of the encoder's output.</summary>
    public required ReadOnlySequence<byte> File { get; init; }

    /// <summary>SHA-256 of the file, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; init; }

    /// <summary>The credential's manifest store by itself (JUMBF); empty where results are not signed.</summary>
    public ReadOnlyMemory<byte> Manifest { get; init; }

    /// <summary>URN of that manifest; null where there is none.</summary>
    public string? ManifestId { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>The style as it was understood.</summary>
    public required string Style { get; init; }

    /// <summary>The cartoon's share of the picture; the rest is the portrait.</summary>
    public required float Strength { get; init; }

    /// <summary>The networks that drew it, each as "name version".</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Faces found and drawn by a pass of their own.</summary>
    public required int FaceCount { get; init; }

    /// <summary>The result's identifier, also where the picture is too small to carry it.</summary>
    public required WatermarkId Id { get; init; }

    /// <summary>The identifier that the portrait carried, where it was a result of this service itself.</summary>
    public WatermarkId? ParentId { get; init; }

    /// <summary>How the mark went in.</summary>
    public required EmbedResult Watermark { get; init; }

    /// <summary>What the marked picture looks like, against a mark copied to another; null where it is not marked.</summary>
    public PerceptualHash? Look { get; init; }

    /// <summary>Whether the visible label was drawn.</summary>
    public required bool VisibleLabel { get; init; }

    /// <summary>IPTC digital source type as the label says it: a full URI.</summary>
    public required string DigitalSourceType { get; init; }
}
