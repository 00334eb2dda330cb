namespace DctNet.Cli.Tests.Commands;

/// <summary>A directory of a test's own.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("dctnet-tests-").FullName;

    public string this[string relative] => Path.Combine(_path, relative);

    public string Add(string relative, string content)
    {
        var path = this[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public string Add(string relative, byte[] content)
    {
        var path = this[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>All files below, by relative path, sorted, with their text.</summary>
    public Dictionary<string, string> Files(string relative) => Directory
        .EnumerateFiles(this[relative], "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .ToDictionary(f => Path.GetRelativePath(this[relative], f), File.ReadAllText);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
