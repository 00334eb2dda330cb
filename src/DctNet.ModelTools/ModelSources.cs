using System.Text.Json;
using DctNet.Core;

namespace DctNet.ModelTools;

/// <summary>The list of what can be pulled.</summary>
public sealed class ModelSources
{
    private ModelSources(IReadOnlyList<ModelSource> all) => All = all;

    public IReadOnlyList<ModelSource> All { get; }

    /// <summary>Reads a list.</summary>
    /// <param name="path">A file like sources.json; null: the list of the official weights that comes with the program.</param>
    public static Outcome<ModelSources> Load(string? path)
    {
        try
        {
            using var stream = path is null ? typeof(ModelSources).Assembly.GetManifestResourceStream("sources.json")! : File.OpenRead(path);
            var document = JsonSerializer.Deserialize(stream, ModelToolsJson.Default.SourcesDocument);
            if (document is null || document.Sources.Contains(null!))
            {
                return new Failure(FailureCode.InvalidOption, $"{path} is no list of sources: it or an entry of it is null.");
            }

            return document.Sources.FirstOrDefault(source => source.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) is { } wrong
                ? new Failure(FailureCode.InvalidOption, $"{path}: the URL of \"{wrong.Name}\" must be http or https.")
                : new ModelSources(document.Sources);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return new Failure(FailureCode.InvalidOption, $"{path} is no list of sources: {e.Message}");
        }
    }

    /// <summary>The source of this name; or which there are.</summary>
    public Outcome<ModelSource> Find(string name) =>
        All.FirstOrDefault(source => source.Name == name) is { } source
            ? source
            : new Failure(FailureCode.InvalidOption, $"There is no source \"{name}\"; there are {string.Join(", ", All.Select(s => s.Name))}.");
}
