using System.Security.Cryptography;
using System.Text;
using DctNet.Core;
using DctNet.Service.Options;

namespace DctNet.Service.Bulk;

/// <summary>
/// This process's place in the data directory's <c>spool/</c>: a directory for each session, of encrypted files. Processes that share a
/// data directory have a place each; a restart takes up the place that the process before has left.
/// </summary>
internal sealed class Spool : IDisposable
{
    private const string KeyFileName = "spool.key";
    private const string LockFileName = "lock";
    private const int KeyBytes = 32;

    /// <summary>More processes than this on one data directory are a mistake.</summary>
    private const int MaxPlaces = 256;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private Spool(string root, byte[] key, FileStream @lock) => (Root, Key, _lock) = (root, key, @lock);

    public string Root { get; }

    public byte[] Key { get; }

    /// <param name="home">The data directory.</param>
    /// <param name="kind">Servers and command lines do not take up each other's places.</param>
    /// <param name="options">Key, and whether to keep what is there.</param>
    /// <exception cref="StartupException">Directory or key cannot be used.</exception>
    public static Spool Open(DataDirectory home, string kind, BulkOptions options)
    {
        try
        {
            var key = options switch
            {
                { KeyFile: { } path } => ReadKey(path),
                { KeepOverRestart: true } => ReadOrCreateKey(Path.Combine(home.Keys, KeyFileName)),
                _ => RandomNumberGenerator.GetBytes(KeyBytes),
            };
            var spool = Claim(home, kind, key);
            if (!options.KeepOverRestart)
            {
                foreach (var session in Directory.EnumerateDirectories(spool.Root))
                {
                    Directory.Delete(session, recursive: true);
                }
            }

            return spool;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StartupException($"The spool cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>A session's directory. Its name does not tell the id, by which anybody could resume: paths get into messages and logs.</summary>
    public string PathOf(string session) => Path.Combine(Root, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(session)).AsSpan(0, 16)));

    /// <summary>Makes a session's directory. The name lasts when this returns.</summary>
    public string CreateDirectory(string session)
    {
        var path = PathOf(session);
        CreatePrivate(path);
        DirectorySync.Flush(Root);
        return path;
    }

    /// <summary>Deletes sessions that nobody has used since then, where the process that held them has not come back.</summary>
    public void DeleteAbandoned(DateTimeOffset oldest)
    {
        foreach (var place in Directory.GetDirectories(Path.GetDirectoryName(Root)!).Where(place => place != Root))
        {
            try
            {
                // A process that starts meanwhile would pass over a place that is locked here: only where it is needed.
                var sessions = Directory.GetDirectories(place).Where(session => SessionFiles.LastUseOf(session) < oldest).ToArray();
                if (sessions.Length == 0)
                {
                    continue;
                }

                using var abandoned = OpenPrivate(Path.Combine(place, LockFileName), FileMode.OpenOrCreate);
                foreach (var session in sessions)
                {
                    Directory.Delete(session, recursive: true);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its process lives, or the directory is none of ours; those behind it have their turn.
            }
        }
    }

    /// <summary>Lets the place go; its files stay.</summary>
    public void Dispose() => _lock.Dispose();

    private static Spool Claim(DataDirectory home, string kind, byte[] key)
    {
        for (var number = 0; number < MaxPlaces; number++)
        {
            var root = Path.Combine(home.Spool, $"{kind}-{number}");
            CreatePrivate(root);
            try
            {
                // Kept by the operating system for as long as this process lives, however it ends.
                return new Spool(root, key, OpenPrivate(Path.Combine(root, LockFileName), FileMode.OpenOrCreate));
            }
            catch (IOException exception) when (IsTaken(exception))
            {
                continue;
            }
        }

        throw new IOException($"{MaxPlaces} processes use it already.");
    }

    // EWOULDBLOCK on Linux (11) and macOS (35), a sharing violation on Windows.
    private static bool IsTaken(IOException exception) => (exception.HResult & 0xFFFF) is 11 or 35 or 32;

    private static byte[] ReadKey(string path)
    {
        var key = Convert.FromBase64String(File.ReadAllText(path).Trim());
        return key.Length == KeyBytes ? key : throw new FormatException($"{path} has no key of {KeyBytes} bytes in base64.");
    }

    // Two processes may start for the first time together: the file appears whole, and the first one wins.
    private static byte[] ReadOrCreateKey(string path)
    {
        if (!File.Exists(path))
        {
            var draft = $"{path}.{Guid.NewGuid():n}";
            using (var stream = OpenPrivate(draft, FileMode.CreateNew))
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))));
                stream.Flush(flushToDisk: true);
            }

            try
            {
                File.Move(draft, path, overwrite: false);
                DirectorySync.Flush(Path.GetDirectoryName(path)!);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft);
            }
        }

        return ReadKey(path);
    }

    private static FileStream OpenPrivate(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
