using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DctNet.Core.Watermark;

/// <summary>
/// 32 secret bytes from which every table of a mark is derived (see FORMAT.md). Whoever holds them can detect, forge and remove
/// marks, so they stay on the server; <see cref="ToString"/> shows only the public <see cref="Id"/>.
/// </summary>
public sealed class WatermarkKey
{
    /// <summary>Length of the secret.</summary>
    public const int MaterialBytes = 32;

    private const int IdBytes = 4;

    private static readonly byte[] s_salt = "dctnet/watermark/1"u8.ToArray();

    private readonly byte[] _material;

    /// <param name="material">Exactly <see cref="MaterialBytes"/> bytes of high entropy; copied.</param>
    public WatermarkKey(ReadOnlySpan<byte> material)
    {
        if (material.Length != MaterialBytes)
        {
            throw new ArgumentException($"A watermark key has {MaterialBytes} bytes, not {material.Length}.", nameof(material));
        }

        _material = material.ToArray();
        Id = Convert.ToHexStringLower(Derive("key-id", IdBytes));
    }

    /// <summary>Public name of the key: eight hexadecimal digits that say nothing about the secret. Safe to log and to store.</summary>
    public string Id { get; }

    /// <summary>A fresh key from the system's cryptographic generator.</summary>
    public static WatermarkKey NewRandom()
    {
        Span<byte> material = stackalloc byte[MaterialBytes];
        RandomNumberGenerator.Fill(material);
        var key = new WatermarkKey(material);
        CryptographicOperations.ZeroMemory(material);
        return key;
    }

    /// <summary>The secret as one line of a key file. For writing that file, never for a log.</summary>
    public string ExportBase64() => Convert.ToBase64String(_material);

    /// <summary>
    /// The id of an item that may be made more than once: the first eight bytes of HMAC-SHA256 over it, under a key of its own. Whoever
    /// lacks the key cannot tell it from a random one, and every replica that has it arrives at the same.
    /// </summary>
    public WatermarkId IdOf(ReadOnlySpan<byte> item)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Derive("item-id"), item, mac);
        return new WatermarkId(BinaryPrimitives.ReadUInt64BigEndian(mac));
    }

    public override string ToString() => $"WatermarkKey {Id}";

    /// <summary>HKDF-SHA256 of the secret under the format's salt; <paramref name="label"/> keeps the uses apart.</summary>
    internal byte[] Derive(string label, int length = 32) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _material, length, s_salt, System.Text.Encoding.ASCII.GetBytes(label));
}
