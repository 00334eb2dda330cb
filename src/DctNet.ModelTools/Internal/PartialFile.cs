using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace DctNet.ModelTools;

/// <summary>What is here of a file that is being downloaded, and the server's tag of it. One process at a time.</summary>
internal sealed class PartialFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _tagPath;

    private PartialFile(string path)
    {
        (_path, _tagPath) = (path, $"{path}.etag");
        Stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
        Stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Stands at the end.</summary>
    public FileStream Stream { get; }

    /// <summary>The entity tag under which the bytes came; null where the server gave none.</summary>
    public EntityTagHeaderValue? Tag
    {
        get => File.Exists(_tagPath) && EntityTagHeaderValue.TryParse(File.ReadAllText(_tagPath), out var tag) ? tag : null;
        set
        {
            if (value is null)
            {
                File.Delete(_tagPath);
            }
            else
            {
                File.WriteAllText(_tagPath, value.ToString());
            }
        }
    }

    /// <exception cref="IOException">Another process is downloading it.</exception>
    public static PartialFile Open(string directory, Uri url)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)));
        return new PartialFile(Path.Combine(directory, $".{digest[..16]}.download"));
    }

    public void StartAgain()
    {
        Stream.SetLength(0);
        Tag = null;
    }

    public async Task<byte[]> ReadAllAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[Stream.Length];
        Stream.Position = 0;
        await Stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    public void Delete()
    {
        // Windows deletes no open file.
        Stream.Dispose();
        File.Delete(_path);
        File.Delete(_tagPath);
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
