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
        _part = Path.Combine(Path.GetDirectoryName(_path)!, $".{Path.GetFileName(_path)}.{Guid.NewGuid():N}.part");
        Stream = new FileStream(_part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
    }

    public FileStream Stream { get; }

    /// <param name="toDisk">Wait until the disk has the bytes, though not their name: a file of this name is never an empty one, whatever breaks.</param>
    public async Task CommitAsync(bool toDisk = false)
    {
        if (toDisk)
        {
            Stream.Flush(flushToDisk: true);
        }

        await Stream.DisposeAsync();
        File.Move(_part, _path, overwrite: true);
        _committed = true;
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
