using DctNet.Core.Imaging;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>A finished cartoon and the facts about it.</summary>
public sealed record CartoonResult
{
    /// <summary>The file: encoded, marked and labelled.</summary>
    public required EncodedImage File { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>The style as it was understood.</summary>
    public required string Style { get; init; }

    /// <summary>The networks that drew it, each as "name version".</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Faces found and drawn by a pass of their own.</summary>
    public required int FaceCount { get; init; }

    /// <summary>The result's identifier, also where the picture is too small to carry it.</summary>
    public required WatermarkId Id { get; init; }

    /// <summary>How the mark went in.</summary>
    public required EmbedResult Watermark { get; init; }

    /// <summary>IPTC digital source type as the label says it: a full URI.</summary>
    public required string DigitalSourceType { get; init; }
}
