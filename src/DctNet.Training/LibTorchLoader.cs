using System.Buffers.Binary;
using System.Text;

namespace DctNet.Training;

/// <summary>Lets TorchSharp's native library load on systems whose C++ runtime is a little older than the one it was linked with.</summary>
/// <remarks>
/// libLibTorchSharp.so asks for symbol version GLIBCXX_3.4.32 (GCC 13); Debian 12 has 3.4.30. The one symbol behind it only makes sure
/// that the standard streams are set up, which an older runtime does by itself. Marking the requirement weak (vna_flags of its entry in
/// .gnu.version_r, ELF gABI "symbol versioning") turns the loader's refusal into a warning. Only the copy in the build output is changed.
/// </remarks>
internal static class LibTorchLoader
{
    private const string Version = "GLIBCXX_3.4.32";
    private const uint SectionTypeVersionNeed = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakFlag = 0x2; // VER_FLG_WEAK

    /// <summary>Call before the first use of a TorchSharp type. Does nothing where the library is not found or already changed.</summary>
    public static void Prepare()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");
        if (!File.Exists(path))
        {
            return;
        }

        var library = File.ReadAllBytes(path);
        if (!MarkWeak(library, Version))
        {
            return;
        }

        // A new file under the old name: another process may have the old one mapped.
        var changed = $"{path}.{Environment.ProcessId}";
        File.WriteAllBytes(changed, library);
        File.Move(changed, path, overwrite: true);
    }

    /// <summary>True when an entry of a 64-bit little-endian ELF file was changed.</summary>
    private static bool MarkWeak(Span<byte> elf, string version)
    {
        var sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
        var entrySize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        for (var i = 0; i < count; i++)
        {
            var section = elf[(sections + (i * entrySize))..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == SectionTypeVersionNeed)
            {
                var need = (int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x18..]);
                var strings = elf[(sections + (BinaryPrimitives.ReadInt32LittleEndian(section[0x28..]) * entrySize))..];
                return MarkWeak(elf, need, (int)BinaryPrimitives.ReadUInt64LittleEndian(strings[0x18..]), Encoding.ASCII.GetBytes(version + '\0'));
            }
        }

        return false;
    }

    private static bool MarkWeak(Span<byte> elf, int need, int strings, ReadOnlySpan<byte> version)
    {
        for (int file = need, nextFile = -1; nextFile != 0; file += nextFile)
        {
            nextFile = BinaryPrimitives.ReadInt32LittleEndian(elf[(file + 12)..]);
            var entry = file + BinaryPrimitives.ReadInt32LittleEndian(elf[(file + 8)..]);
            for (var nextEntry = -1; nextEntry != 0; entry += nextEntry)
            {
                nextEntry = BinaryPrimitives.ReadInt32LittleEndian(elf[(entry + 12)..]);
                var name = strings + BinaryPrimitives.ReadInt32LittleEndian(elf[(entry + 8)..]);
                var flags = BinaryPrimitives.ReadUInt16LittleEndian(elf[(entry + 4)..]);
                if ((flags & WeakFlag) == 0 && elf[name..].StartsWith(version))
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(elf[(entry + 4)..], (ushort)(flags | WeakFlag));
                    return true;
                }
            }
        }

        return false;
    }
}
