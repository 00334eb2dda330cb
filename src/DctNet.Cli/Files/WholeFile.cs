namespace DctNet.Cli.Files;

/// <summary>Writes a file so that it appears whole or not at all.</summary>
internal static class WholeFile
{
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // Not named after the file, whose name may be as long as names can be. Locked until it is called so, as those of DctNet.Client are.
        var part = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Guid.NewGuid():N}.part");
        try
        {
            await using var file = new FileStream(
                part, FileMode.CreateNew, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, bufferSize: 1, FileOptions.Asynchronous);
            await file.WriteAsync(bytes, cancellationToken);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
