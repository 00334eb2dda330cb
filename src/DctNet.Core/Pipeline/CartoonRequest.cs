using System.Security.Cryptography;
using DctNet.Core.Imaging;
using DctNet.Core.Models;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>A portrait and what to make of it.</summary>
public sealed record CartoonRequest
{
    /// <summary>The portrait's file. Only read, and only until the pipeline returns.</summary>
    public ReadOnlyMemory<byte> File { get; init; }

    /// <summary>For whom: part of the item's identity, and goes into the ledger.</summary>
    public required string Tenant { get; init; }

    /// <summary>
    /// Names the item over retries: the same key, file and options of the same tenant give the result the same id. Empty: an id of its own.
    /// </summary>
    public string IdempotencyKey { get; init; } = "";

    /// <summary>A style's name or a mixture, "anime:0.6,sketch:0.4". Empty: the catalog's default.</summary>
    public string Style { get; init; } = "";

    /// <summary>JPEG, PNG, WebP or AVIF. Defaults to PNG.</summary>
    public ImageFormat Format { get; init; } = ImageFormat.Png;

    /// <summary>1..100; null: the encoder's default.</summary>
    public int? Quality { get; init; }

    /// <summary>Longest side of the result in pixels, at least <see cref="MinMaxSide"/>; null: that of the portrait.</summary>
    public int? MaxSide { get; init; }

    /// <summary>Draws the visible label; where the server draws it always, this changes nothing.</summary>
    public bool VisibleLabel { get; init; }

    /// <summary>The cartoon's share of the result, 0..1, mixed with the portrait in linear light. Defaults to 1, the cartoon alone.</summary>
    public float Strength { get; init; } = 1;

    /// <summary>Smallest value of <see cref="MaxSide"/>, pixels: below it a face is a few blots.</summary>
    public const int MinMaxSide = 64;

    /// <summary>What is wrong with the options, or null.</summary>
    internal Failure? Validate()
    {
        if (!Format.CanWrite())
        {
            return new(FailureCode.InvalidOption, $"{Format.Name()} is not written; JPEG, PNG, WebP and AVIF are.", "options.format");
        }

        if (Quality is < 1 or > 100)
        {
            return new(FailureCode.InvalidOption, $"Quality is {Quality}; it must be 1 to 100.", "options.quality");
        }

        if (Strength is not (>= 0 and <= 1))
        {
            return new(FailureCode.InvalidOption, "The strength must be a number from 0 to 1.", "options.strength");
        }

        return MaxSide < MinMaxSide
            ? new(FailureCode.InvalidOption, $"The longest side is {MaxSide} pixels; it must be at least {MinMaxSide}.", "options.max_side")
            : null;
    }

    /// <summary>The result's id, known before any work is done. By other networks it is another picture, and gets another id.</summary>
    internal WatermarkId AllocateId(WatermarkKey key, StyleSelection style)
    {
        if (IdempotencyKey.Length == 0)
        {
            return WatermarkId.NewRandom();
        }

        // BinaryWriter puts the length before each text, so no two items are spelled alike.
        using var item = new MemoryStream();
        using (var writer = new BinaryWriter(item))
        {
            writer.Write(Tenant);
            writer.Write(IdempotencyKey);
            writer.Write(SHA256.HashData(File.Span));
            writer.Write(style.ToString());
            writer.Write(style.Model);
            writer.Write((int)Format);
            writer.Write(Quality ?? -1);
            writer.Write(MaxSide ?? -1);
            writer.Write(VisibleLabel);
            if (Strength < 1)
            {
                writer.Write(Strength);
            }
        }

        return key.IdOf(item.ToArray());
    }
}
