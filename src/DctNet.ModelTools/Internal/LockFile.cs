using System.Text.Json;
using DctNet.Core.Models;

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

    /// <exception cref="JsonException">The file is damaged.</exception>
    public void Add(Uri url, Pin pin)
    {
        using var alone = CatalogWriter.Lock(directory);
        var pins = Read();
        if (!pins.TryAdd(url.AbsoluteUri, pin))
        {
            return;
        }

        var part = $"{_path}.{Guid.NewGuid():N}.part";
        try
        {
            File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(pins, ModelToolsJson.Default.DictionaryStringPin));
            File.Move(part, _path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private Dictionary<string, Pin> Read()
    {
        if (!File.Exists(_path))
        {
            return [];
        }

        var pins = JsonSerializer.Deserialize(File.ReadAllBytes(_path), ModelToolsJson.Default.DictionaryStringPin);
        return pins is null || pins.ContainsValue(null!) ? throw new JsonException("It or an entry of it is null.") : pins;
    }
}
