using System.Buffers;

namespace DctNet.C2pa;

/// <summary>
/// A file with its manifest: slices of the original's memory with the manifest's bytes between, so that there is no second copy of the
/// picture. The original must stay as it is for as long as this is used.
/// </summary>
public sealed class SignedAsset
{
    internal SignedAsset(ReadOnlySequence<byte> content, ReadOnlyMemory<byte> manifestStore, string manifestLabel) =>
        (Content, ManifestStore, ManifestLabel) = (content, manifestStore, manifestLabel);

    /// <summary>The file's bytes.</summary>
    public ReadOnlySequence<byte> Content { get; }

    /// <summary>The manifest store alone (JUMBF, <c>application/c2pa</c>), as a manifest repository keeps it.</summary>
    public ReadOnlyMemory<byte> ManifestStore { get; }

    /// <summary>Label of the manifest, <c>urn:c2pa:...</c>.</summary>
    public string ManifestLabel { get; }

    /// <summary>Writes the file.</summary>
    public async Task WriteToAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        foreach (var piece in Content)
        {
            await destination.WriteAsync(piece, cancellationToken);
        }
    }

    /// <summary>The file as one array: a copy.</summary>
    public byte[] ToArray() => Content.ToArray();
}
