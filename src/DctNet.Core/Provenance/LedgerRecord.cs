using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>What is kept of one output. No pixels, and nothing about the person in the picture.</summary>
public sealed record LedgerRecord
{
    /// <summary>The 64-bit id that the watermark carries; unique among the marks of one key.</summary>
    public required WatermarkId WatermarkId { get; init; }

    /// <summary>Public name of the key that made the mark.</summary>
    public required string KeyId { get; init; }

    /// <summary>The id that the source already carried, when it was an output of ours.</summary>
    public WatermarkId? ParentId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string Style { get; init; }

    /// <summary>How much of the cartoon there is in the picture, 0 to 1; null in records from before this was kept.</summary>
    public float? Strength { get; init; }

    /// <summary>The networks that drew it, "name version", comma-separated.</summary>
    public required string Model { get; init; }

    /// <summary>What the picture looks like, for telling it from another that the mark was copied to; null where none was made.</summary>
    public ReadOnlyMemory<byte>? PerceptualHash { get; init; }

    /// <summary>SHA-256 of the file as sent, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> OutputSha256 { get; init; }

    /// <summary>URN of the file's C2PA manifest, or null where it has none.</summary>
    public string? ManifestId { get; init; }

    /// <summary>The file's C2PA manifest store (JUMBF), as embedded, or null where it has none.</summary>
    public ReadOnlyMemory<byte>? Manifest { get; init; }

    /// <summary>The caller on whose account the picture was made.</summary>
    public required string Tenant { get; init; }

    /// <summary>The caller's name for the item over its retries; empty where it gave none.</summary>
    public string IdempotencyKey { get; init; } = "";
}
