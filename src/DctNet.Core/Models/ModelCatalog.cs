namespace DctNet.Core.Models;

/// <summary>The networks and styles of one directory, checked.</summary>
public sealed class ModelCatalog
{
    private readonly Dictionary<string, CatalogStyle> _styles;

    internal ModelCatalog(IReadOnlyList<CatalogStyle> styles, string defaultStyle, string faceDetectorPath)
    {
        Styles = styles;
        DefaultStyle = defaultStyle;
        FaceDetectorPath = faceDetectorPath;
        Networks = [.. styles.Select(style => style.Network).Distinct()];
        _styles = styles.ToDictionary(style => style.Name, StringComparer.Ordinal);
    }

    /// <summary>The models that come with the program.</summary>
    public static string BundledDirectory => Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>The networks that at least one style is drawn by.</summary>
    public IReadOnlyList<StylizerNetwork> Networks { get; }

    /// <summary>What callers can name, in the catalog's order.</summary>
    public IReadOnlyList<CatalogStyle> Styles { get; }

    /// <summary>The style for callers that name none.</summary>
    public string DefaultStyle { get; }

    /// <summary>Full path of the face detector: the catalog's, or the bundled one where it names none.</summary>
    public string FaceDetectorPath { get; }

    /// <summary>
    /// Reads a directory: by its <c>catalog.json</c>; without one, by file names <c>dctnet_&lt;style&gt;*.onnx</c> as official DCT-Net
    /// networks. A directory without a face detector of its own gets the bundled one. Every file's SHA-256 is checked against the catalog.
    /// </summary>
    public static Outcome<ModelCatalog> Load(string directory)
    {
        try
        {
            return CatalogReader.Read(Path.GetFullPath(directory));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(FailureCode.Internal, $"The models in {directory} cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads a caller's style: a name, or a mixture such as "anime:0.6,sketch:0.4"; empty: the default.</summary>
    public Outcome<StyleSelection> Select(string style) =>
        StyleSelection.Parse(string.IsNullOrWhiteSpace(style) ? DefaultStyle : style, _styles);
}
