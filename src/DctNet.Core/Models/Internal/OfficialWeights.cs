using System.Text.RegularExpressions;

namespace DctNet.Core.Models;

/// <summary>
/// A directory of official DCT-Net networks without a catalog, read by file names. The contract is that of the published inference code:
/// <c>input_image</c> float32 [H, W, 3] B, G, R, 0..255 to <c>output_image</c> of the same shape, sides multiples of 16.
/// </summary>
internal static partial class OfficialWeights
{
    /// <summary>The style that DCT-Net's own demo shows first and that keeps a likeness best.</summary>
    private const string PreferredStyle = "artstyle";

    public static Outcome<ModelCatalog> Read(string directory)
    {
        var styles = new List<CatalogStyle>();
        foreach (var path in Directory.EnumerateFiles(directory, "dctnet_*.onnx").Order(StringComparer.Ordinal))
        {
            if (FileName().Match(Path.GetFileName(path)) is not { Success: true } match)
            {
                return CatalogReader.Wrong(path, "the file name must be dctnet_<style>.onnx or dctnet_<style>_<anything>.onnx");
            }

            var style = match.Groups[1].Value;
            if (styles.Find(other => other.Name == style) is { } twin)
            {
                var problem = $"{twin.Network.Path} is already style \"{style}\"; keep one of them or write a {CatalogDocument.FileName}";
                return CatalogReader.Wrong(path, problem);
            }

            var network = new StylizerNetwork
            {
                Name = $"dctnet-{style}",
                Version = "uncatalogued",
                Path = path,
                Licence = "see origin",
                Origin = "DCT-Net weights that the operator put here; there is no catalog.json to say more.",
                ImageInput = "input_image",
                Output = "output_image",
                Layout = PictureLayout.Hwc,
                ChannelOrder = ChannelOrder.Bgr,
                SizeMultiple = 16,
                DigitalSourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                Styles = [style],
            };
            styles.Add(new CatalogStyle(style, network, [1f], $"DCT-Net's {style} style."));
        }

        if (styles.Count == 0)
        {
            return CatalogReader.Wrong(directory, $"there is neither a {CatalogDocument.FileName} nor a dctnet_<style>.onnx file");
        }

        if (!CatalogReader.BundledFaceDetector().TryGet(out var faceDetector, out var failure))
        {
            return failure;
        }

        var preferred = styles.Exists(style => style.Name == PreferredStyle) ? PreferredStyle : styles[0].Name;
        return new ModelCatalog(styles, preferred, faceDetector);
    }

    [GeneratedRegex(@"^dctnet_([a-z0-9-]+)(?:_[^/]*)?\.onnx$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
