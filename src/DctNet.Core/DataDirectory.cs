namespace DctNet.Core;

/// <summary>
/// Where server and command line keep what must last: <c>keys/ certs/ models/ spool/ ledger.db</c> under <c>DCTNET_HOME</c>
/// (default <c>~/.dctnet</c>). Created readable by its owner alone.
/// </summary>
public sealed class DataDirectory
{
    /// <summary>The environment variable that names the directory.</summary>
    public const string EnvironmentVariable = "DCTNET_HOME";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private DataDirectory(string path) => Path = path;

    public string Path { get; }

    public string Keys => System.IO.Path.Combine(Path, "keys");

    public string Certificates => System.IO.Path.Combine(Path, "certs");

    public string Models => System.IO.Path.Combine(Path, "models");

    public string Spool => System.IO.Path.Combine(Path, "spool");

    public string LedgerFile => System.IO.Path.Combine(Path, "ledger.db");

    /// <summary>Opens the directory, making what is missing of it.</summary>
    /// <param name="path">Null: the environment variable, else the default.</param>
    /// <exception cref="IOException">It cannot be made, for example on a read-only file system.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made by this user.</exception>
    public static DataDirectory Open(string? path = null)
    {
        path ??= Environment.GetEnvironmentVariable(EnvironmentVariable);
        if (string.IsNullOrWhiteSpace(path))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0)
            {
                throw new IOException("this user has no home directory");
            }

            path = System.IO.Path.Combine(home, ".dctnet");
        }

        var directory = new DataDirectory(System.IO.Path.GetFullPath(path));
        Create(directory.Path);
        Create(directory.Keys);
        Create(directory.Certificates);
        Create(directory.Models);
        Create(directory.Spool);
        return directory;
    }

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }
}
