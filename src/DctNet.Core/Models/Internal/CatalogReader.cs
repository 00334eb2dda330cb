using System.Security.Cryptography;
using System.Text.Json;

namespace DctNet.Core.Models;

/// <summary>From <c>catalog.json</c> to a checked catalog. Every message names the file and the entry at fault.</summary>
internal static class CatalogReader
{
    public const string StylizerKind = "stylizer";
    private const string FaceDetectorKind = "face-detector";
    private const string SourceTypePrefix = "http://cv.iptc.org/newscodes/digitalsourcetype/";

    /// <summary>Larger multiples would pad a head by more than its own size.</summary>
    private const int MaxSizeMultiple = 256;

    public static Outcome<ModelCatalog> Read(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return Wrong(directory, "there is no such directory");
        }

        return File.Exists(Path.Combine(directory, CatalogDocument.FileName)) ? ReadCatalog(directory) : OfficialWeights.Read(directory);
    }

    /// <summary>Path of the face detector that comes with the program.</summary>
    public static Outcome<string> BundledFaceDetector()
    {
        var directory = ModelCatalog.BundledDirectory;
        if (!ReadDocument(directory).TryGet(out var document, out var failure)
            || !FaceDetector(directory, document).TryGet(out var path, out failure))
        {
            return failure;
        }

        return path.Length > 0 ? path : Wrong(directory, "the catalog has no face detector");
    }

    public static Failure Wrong(string path, string problem) => new(FailureCode.Internal, $"{path}: {problem}.");

    private static Outcome<ModelCatalog> ReadCatalog(string directory) =>
        ReadDocument(directory).TryGet(out var document, out var failure) ? Check(directory, document) : failure;

    /// <summary>The catalog that a document makes of a directory, its files among the rest checked.</summary>
    public static Outcome<ModelCatalog> Check(string directory, CatalogDocument document)
    {
        if (!Stylizers(directory, document).TryGet(out var networks, out var failure)
            || !Styles(directory, document, networks).TryGet(out var styles, out failure)
            || !FaceDetector(directory, document).TryGet(out var faceDetector, out failure))
        {
            return failure;
        }

        if (faceDetector.Length == 0 && !BundledFaceDetector().TryGet(out faceDetector, out failure))
        {
            return failure;
        }

        return styles.Exists(style => style.Name == document.DefaultStyle)
            ? new ModelCatalog(styles, document.DefaultStyle, faceDetector)
            : Wrong(CatalogPath(directory), $"the default style \"{document.DefaultStyle}\" is not among the styles");
    }

    private static string CatalogPath(string directory) => Path.Combine(directory, CatalogDocument.FileName);

    public static Outcome<CatalogDocument> ReadDocument(string directory)
    {
        var path = CatalogPath(directory);
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, CatalogJsonContext.Default.CatalogDocument) switch
            {
                null => Wrong(path, "it must be an object, not null"),

                // The serialiser checks properties for null, but not the elements of lists.
                { } document when document.Networks.Contains(null!) || document.Styles.Contains(null!) =>
                    Wrong(path, "an entry of networks or styles is null"),
                { } document => document,
            };
        }
        catch (FileNotFoundException)
        {
            return Wrong(path, "the file is missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Wrong(path, $"it cannot be read ({e.Message.TrimEnd('.')})");
        }
        catch (JsonException e)
        {
            return Wrong(path, $"it is not a catalog ({e.Message.TrimEnd('.')})");
        }
    }

    private static Outcome<Dictionary<string, StylizerNetwork>> Stylizers(string directory, CatalogDocument document)
    {
        var networks = new Dictionary<string, StylizerNetwork>(StringComparer.Ordinal);
        foreach (var entry in document.Networks)
        {
            if (entry.Kind is not (StylizerKind or FaceDetectorKind))
            {
                return WrongNetwork(directory, entry, $"kind is \"{entry.Kind}\"; it must be {StylizerKind} or {FaceDetectorKind}");
            }

            if (document.Networks.Count(other => other.Name == entry.Name) > 1)
            {
                return WrongNetwork(directory, entry, "the name is used twice");
            }

            if (entry.Kind == StylizerKind)
            {
                if (!Stylizer(directory, entry).TryGet(out var network, out var failure))
                {
                    return failure;
                }

                networks.Add(network.Name, network);
            }
        }

        return networks;
    }

    private static Outcome<StylizerNetwork> Stylizer(string directory, NetworkDocument entry)
    {
        var problem = entry switch
        {
            { Version: null or "" } => "version is missing",
            { Input: null } => "input is missing",
            { Output: null or "" } => "output is missing",
            { Layout: not ("HWC" or "NHWC") } => $"layout is \"{entry.Layout}\"; it must be HWC or NHWC",
            { ChannelOrder: not ("RGB" or "BGR") } => $"channelOrder is \"{entry.ChannelOrder}\"; it must be RGB or BGR",
            { Range: not [0, 255] } => "range must be [0, 255]",
            { SizeMultiple: not (>= 1 and <= MaxSizeMultiple) } => $"sizeMultiple must be 1 to {MaxSizeMultiple}",
            { DigitalSourceType: null } => "digitalSourceType is missing",
            { Styles: null or [] } => "styles is missing or empty",
            { Input.Style: null, Styles.Count: > 1 } => "it has several styles but no style input",
            _ when !entry.DigitalSourceType.StartsWith(SourceTypePrefix, StringComparison.Ordinal) =>
                $"digitalSourceType must be a full URI below {SourceTypePrefix}",
            _ when entry.Styles.Contains(null!) => "an entry of styles is null",
            _ when entry.Styles.Distinct(StringComparer.Ordinal).Count() < entry.Styles.Count => "styles names one twice",
            _ => null,
        };
        if (problem is not null)
        {
            return WrongNetwork(directory, entry, problem);
        }

        return CheckedPath(directory, entry).TryGet(out var path, out var failure)
            ? new StylizerNetwork
            {
                Name = entry.Name,
                Version = entry.Version!,
                Path = path,
                Licence = entry.Licence,
                Origin = entry.Origin,
                ImageInput = entry.Input!.Image,
                StyleInput = entry.Input.Style,
                Output = entry.Output!,
                Layout = entry.Layout == "NHWC" ? PictureLayout.Nhwc : PictureLayout.Hwc,
                ChannelOrder = entry.ChannelOrder == "BGR" ? ChannelOrder.Bgr : ChannelOrder.Rgb,
                SizeMultiple = entry.SizeMultiple!.Value,
                DigitalSourceType = entry.DigitalSourceType!,
                Styles = [.. entry.Styles!],
            }
            : failure;
    }

    private static Outcome<List<CatalogStyle>> Styles(
        string directory, CatalogDocument document, Dictionary<string, StylizerNetwork> networks)
    {
        var styles = new List<CatalogStyle>();
        foreach (var entry in document.Styles)
        {
            string? problem = null;
            if (!IsStyleName(entry.Name))
            {
                problem = "the name must be lower-case letters, digits and hyphens";
            }
            else if (styles.Exists(style => style.Name == entry.Name))
            {
                problem = "the name is used twice";
            }
            else if (!networks.TryGetValue(entry.Network, out var network))
            {
                problem = $"there is no stylizer \"{entry.Network}\"";
            }
            else if (Weights(entry, network) is { } weights)
            {
                styles.Add(new CatalogStyle(entry.Name, network, weights, entry.Description));
            }
            else
            {
                problem = $"weights must be positive numbers for some of {string.Join(", ", network.Styles)}";
            }

            if (problem is not null)
            {
                return Wrong(CatalogPath(directory), $"style \"{entry.Name}\": {problem}");
            }
        }

        return styles;
    }

    /// <summary>The style vector, normalised; null where the entry makes no sense.</summary>
    private static float[]? Weights(StyleDocument entry, StylizerNetwork network)
    {
        if (entry.Weights is null)
        {
            return network.Styles.Count == 1 ? [1f] : null;
        }

        var named = entry.Weights.Keys.All(name => network.Styles.Contains(name, StringComparer.Ordinal));
        var sum = entry.Weights.Values.Sum();
        return named && entry.Weights.Values.All(weight => weight >= 0) && sum > 0 && float.IsFinite(sum)
            ? [.. network.Styles.Select(name => entry.Weights.GetValueOrDefault(name) / sum)]
            : null;
    }

    /// <summary>Full path of the catalog's face detector, empty where it has none.</summary>
    private static Outcome<string> FaceDetector(string directory, CatalogDocument document) =>
        document.Networks.FirstOrDefault(network => network.Kind == FaceDetectorKind) is { } entry ? CheckedPath(directory, entry) : "";

    /// <summary>Full path of a network's file, which is below the catalog's directory and has the right content.</summary>
    private static Outcome<string> CheckedPath(string directory, NetworkDocument entry)
    {
        if (Path.IsPathRooted(entry.File) || entry.File.Contains('\\', StringComparison.Ordinal)
            || entry.File.Split('/').Any(part => part is "" or "." or ".."))
        {
            return WrongNetwork(directory, entry, $"file \"{entry.File}\" must be a plain path below the catalog's directory");
        }

        var path = Path.Combine(directory, entry.File);
        if (!File.Exists(path))
        {
            return WrongNetwork(directory, entry, $"the file {path} is missing");
        }

        using var stream = File.OpenRead(path);
        var actual = Convert.ToHexStringLower(SHA256.HashData(stream));
        return string.Equals(actual, entry.Sha256, StringComparison.OrdinalIgnoreCase)
            ? path
            : WrongNetwork(directory, entry, $"{path} has SHA-256 {actual}, not {entry.Sha256}");
    }

    public static bool IsStyleName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static Failure WrongNetwork(string directory, NetworkDocument entry, string problem) =>
        Wrong(CatalogPath(directory), $"network \"{entry.Name}\": {problem}");
}
