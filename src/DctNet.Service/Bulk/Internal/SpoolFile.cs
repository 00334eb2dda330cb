using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using DctNet.Service.Uploads;
using Microsoft.Win32.SafeHandles;

namespace DctNet.Service.Bulk;

/// <summary>
/// An encrypted file of the spool that grows by segments. It survives a crash at any byte: a segment is there whole or not at all, and
/// what was complete is sealed.
/// </summary>
/// <remarks>
/// <code>
/// file:    "DCTSPL1\n" | salt, 32 bytes | segment 0 (the header) | segments of data | last segment (empty, seals)
/// segment: length, u32 little endian, top bit set in the last | nonce, 12 random bytes | AES-256-GCM ciphertext | tag, 16 bytes
/// </code>
/// The file's key is HKDF-SHA256 of the spool's key and the salt. The index of a segment and its length with the top bit are its
/// associated data, so segments can be neither moved nor dropped but from the end, which the seal tells. Nonces are random rather than
/// counted because an index is written twice when the first try was torn.
/// Not safe for concurrent writers. Holds no handle between calls: sessions may have thousands of files.
/// </remarks>
internal sealed class SpoolFile
{
    /// <summary>Most bytes of a segment: one chunk of the contract.</summary>
    public const int MaxSegmentBytes = 64 << 10;

    private const int SaltBytes = 32;
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int PrefixBytes = sizeof(uint) + NonceBytes;
    private const uint LastFlag = 1u << 31;

    private readonly byte[] _key;

    private SpoolFile(string path, byte[] key) => (Path, _key) = (path, key);

    private static ReadOnlySpan<byte> Magic => "DCTSPL1\n"u8;

    private static ReadOnlySpan<byte> KeyPurpose => "dctnet spool file 1"u8;

    public string Path { get; private set; }

    /// <summary>Bytes on disk.</summary>
    public long Length { get; private set; }

    /// <summary>Segments, the header's included.</summary>
    public int Segments { get; private set; }

    /// <summary>Bytes of data, without the header.</summary>
    public long DataBytes { get; private set; }

    /// <summary>True when everything that belongs into it is in it and on the disk.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>Makes a file that its owner alone can read.</summary>
    /// <exception cref="IOException">It is there, or the disk does not take it.</exception>
    public static SpoolFile Create(string path, ReadOnlySpan<byte> spoolKey, ReadOnlySpan<byte> header)
    {
        Span<byte> start = stackalloc byte[Magic.Length + SaltBytes];
        Magic.CopyTo(start);
        RandomNumberGenerator.Fill(start[Magic.Length..]);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(path, options))
        {
            stream.Write(start);
        }

        var file = new SpoolFile(path, DeriveKey(spoolKey, start[Magic.Length..])) { Length = start.Length };
        file.Write(header, last: false);
        return file;
    }

    /// <summary>
    /// Reads a file that an earlier process has left. A torn end is cut off, so that it can be gone on with. Null where not even the
    /// header is whole, or another key made it.
    /// </summary>
    public static SpoolFile? Open(string path, ReadOnlySpan<byte> spoolKey, out byte[] header)
    {
        header = [];
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> start = stackalloc byte[Magic.Length + SaltBytes];
        if (RandomAccess.Read(handle, start, 0) != start.Length || !start.StartsWith(Magic))
        {
            return null;
        }

        var file = new SpoolFile(path, DeriveKey(spoolKey, start[Magic.Length..])) { Length = start.Length };
        var buffer = ArrayPool<byte>.Shared.Rent(MaxSegmentBytes);
        try
        {
            using var cipher = new AesGcm(file._key, TagBytes);
            while (!file.IsSealed && TryRead(handle, cipher, file.Length, file.Segments, buffer, out var bytes, out var last))
            {
                if (file.Segments == 0)
                {
                    header = buffer[..bytes];
                }

                file.Grew(bytes, last);
            }

            if (file.Segments == 0)
            {
                return null;
            }

            if (RandomAccess.GetLength(handle) > file.Length)
            {
                RandomAccess.SetLength(handle, file.Length);
            }

            return file;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Adds a segment. It outlives the process, and the machine once the file is sealed.</summary>
    public void Append(ReadOnlySpan<byte> data) => Write(data, last: false);

    /// <summary>Says that all is there and waits until the disk has it.</summary>
    public void Seal() => Write([], last: true);

    /// <summary>Renames the file. Its directory must be synced before anybody is told.</summary>
    public void MoveTo(string path)
    {
        File.Move(Path, path, overwrite: true);
        Path = path;
    }

    public void Delete() => File.Delete(Path);

    /// <summary>The segments of data in order, each in one buffer that the next reuses.</summary>
    /// <exception cref="IOException">The file is gone or damaged.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxSegmentBytes);
        try
        {
            using var handle = File.OpenHandle(Path);
            using var cipher = new AesGcm(_key, TagBytes);
            long position = Magic.Length + SaltBytes;
            for (var index = 0; index < Segments; index++)
            {
                if (!TryRead(handle, cipher, position, index, buffer, out var bytes, out _))
                {
                    throw new IOException("A file of the spool is damaged.");
                }

                position += PrefixBytes + bytes + TagBytes;
                if (index > 0 && bytes > 0)
                {
                    yield return buffer.AsMemory(0, bytes);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What the file was made with.</summary>
    /// <exception cref="IOException">The file is gone or damaged.</exception>
    public byte[] ReadHeader()
    {
        using var handle = File.OpenHandle(Path);
        using var cipher = new AesGcm(_key, TagBytes);
        var buffer = new byte[MaxSegmentBytes];
        return TryRead(handle, cipher, Magic.Length + SaltBytes, 0, buffer, out var bytes, out _)
            ? buffer[..bytes]
            : throw new IOException("A file of the spool is damaged.");
    }

    /// <summary>All data in one pooled piece.</summary>
    public Upload ReadWhole()
    {
        var whole = new Upload((int)DataBytes);
        try
        {
            foreach (var segment in Read())
            {
                whole.Append(segment.Span);
            }

            return whole;
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    private static byte[] DeriveKey(ReadOnlySpan<byte> spoolKey, ReadOnlySpan<byte> salt)
    {
        var key = new byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, spoolKey, key, salt, KeyPurpose);
        return key;
    }

    private static bool TryRead(
        SafeFileHandle handle, AesGcm cipher, long position, int index, byte[] data, out int bytes, out bool last)
    {
        (bytes, last) = (0, false);
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (RandomAccess.Read(handle, prefix, position) != PrefixBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        (var size, last) = (length & ~LastFlag, (length & LastFlag) != 0);
        if (size > MaxSegmentBytes)
        {
            return false;
        }

        bytes = (int)size;
        var sealedBytes = bytes + TagBytes;
        var rented = ArrayPool<byte>.Shared.Rent(sealedBytes);
        try
        {
            if (RandomAccess.Read(handle, rented.AsSpan(0, sealedBytes), position + PrefixBytes) != sealedBytes)
            {
                return false;
            }

            Span<byte> about = stackalloc byte[2 * sizeof(uint)];
            Describe(about, index, length);
            cipher.Decrypt(prefix[sizeof(uint)..], rented.AsSpan(0, bytes), rented.AsSpan(bytes, TagBytes), data.AsSpan(0, bytes), about);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Describe(Span<byte> about, int index, uint length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(about, index);
        BinaryPrimitives.WriteUInt32LittleEndian(about[sizeof(int)..], length);
    }

    private void Write(ReadOnlySpan<byte> data, bool last)
    {
        if (IsSealed || data.Length > MaxSegmentBytes)
        {
            throw new InvalidOperationException("A sealed file does not grow, and a segment has its limit.");
        }

        var length = (uint)data.Length | (last ? LastFlag : 0);
        Span<byte> about = stackalloc byte[2 * sizeof(uint)];
        Describe(about, Segments, length);
        var size = PrefixBytes + data.Length + TagBytes;
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var segment = rented.AsSpan(0, size);
            BinaryPrimitives.WriteUInt32LittleEndian(segment, length);
            var nonce = segment[sizeof(uint)..PrefixBytes];
            RandomNumberGenerator.Fill(nonce);
            using (var cipher = new AesGcm(_key, TagBytes))
            {
                cipher.Encrypt(nonce, data, segment.Slice(PrefixBytes, data.Length), segment[^TagBytes..], about);
            }

            using var handle = File.OpenHandle(Path, FileMode.Open, FileAccess.Write);
            RandomAccess.Write(handle, segment, Length);
            if (last)
            {
                RandomAccess.FlushToDisk(handle);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        Grew(data.Length, last);
    }

    private void Grew(int bytes, bool last)
    {
        Length += PrefixBytes + bytes + TagBytes;
        DataBytes += Segments == 0 ? 0 : bytes;
        Segments++;
        IsSealed = last;
    }
}
