namespace DctNet.ModelTools.Tests;

/// <summary>A directory of a test's own.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dctnet-tests-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Add(string relative, byte[] content)
    {
        File.WriteAllBytes(this[relative], content);
        return this[relative];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
