using DctNet.Core;
using DctNet.Core.Imaging;

namespace DctNet.Cli.Commands;

/// <summary>Pictures of the commands that need no service.</summary>
internal static class LocalPicture
{
    private static readonly ImageLimits s_limits = new();

    /// <summary>Reads and decodes a file, within the service's limits.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<Outcome<DecodedImage>> ReadAsync(string path, CancellationToken cancellationToken)
        => Decode(await File.ReadAllBytesAsync(path, cancellationToken));

    /// <summary>Decodes a file's bytes, within the service's limits.</summary>
    public static Outcome<DecodedImage> Decode(ReadOnlyMemory<byte> bytes)
        => ImageProbe.Read(bytes, s_limits).TryGet(out var header, out var failure) ? ImageDecoder.Decode(bytes, header) : failure;
}
