namespace DctNet.Client;

/// <summary>A file that appears at its path whole or not at all: written beside it, then renamed over it.</summary>
internal sealed class ReplacingFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _part;
    private bool _committed;

    public ReplacingFile(string path)
    {
        _path = Path.GetFullPath(path);

        // Not named after the file, whose name may be as long as names can be. The lock tells a part in work from what a killed process has
        // left; some network file systems lock only what may be read, and share no lock. Windows moves an open file only where deleting is shared.
        _part = Path.Combine(Path.GetDirectoryName(_path)!, $".{Guid.NewGuid():N}.part");
        Stream = new FileStream(
            _part, FileMode.CreateNew, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, 1, FileOptions.Asynchronous);
    }

    public FileStream Stream { get; }

    /// <param name="toDisk">Wait until the disk has the bytes, though not their name: a file of this name is never an empty one, whatever breaks.</param>
    public async Task CommitAsync(bool toDisk = false)
    {
        if (toDisk)
        {
            Stream.Flush(flushToDisk: true);
        }

        // Before it is closed, so that it is locked as long as it is a part.
        File.Move(_part, _path, overwrite: true);
        _committed = true;
        await Stream.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        if (!_committed)
        {
            File.Delete(_part);
        }
    }
}
