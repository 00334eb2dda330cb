using System.Text.Json;

namespace DctNet.ModelTools;

/// <summary>
/// <c>models.lock.json</c>: by URL, what came from it first. Where the publisher gives no digest, a later download must be the same file.
/// </summary>
internal sealed class LockFile(string directory)
{
    private const string Name = "models.lock.json";

    private readonly string _path = Path.Combine(directory, Name);

    /// <exception cref="JsonException">The file is damaged.</exception>
    public Pin? Find(Uri url) => Read().GetValueOrDefault(url.AbsoluteUri);

    public void Add(Uri url, Pin pin)
    {
        var pins = Read();
        if (pins.TryAdd(url.AbsoluteUri, pin))
        {
            var part = $"{_path}.{Guid.NewGuid():N}.part";
            File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(pins, ModelToolsJson.Default.DictionaryStringPin));
            File.Move(part, _path, overwrite: true);
        }
    }

    private Dictionary<string, Pin> Read() =>
        File.Exists(_path)
            ? JsonSerializer.Deserialize(File.ReadAllBytes(_path), ModelToolsJson.Default.DictionaryStringPin) ?? []
            : [];
}
