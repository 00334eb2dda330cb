using DctNet.Core.Inference;
using DctNet.Core.Models;

namespace DctNet.Core.Cartoon;

/// <summary>All networks of a catalog, loaded, and the way from a picture of any size to its cartoon.</summary>
internal sealed class StyleRenderer : IDisposable
{
    private readonly Dictionary<StylizerNetwork, StyleNetwork> _networks = [];

    private StyleRenderer()
    {
    }

    public ExecutionProvider Provider => _networks.Values.First().Provider;

    /// <summary>Of every network, where they differ: one may have an operator that an accelerator does not take.</summary>
    public string ProviderReason => string.Join(' ', _networks.Values.Select(network => network.ProviderReason).Distinct());

    public static Outcome<StyleRenderer> Open(IReadOnlyList<StylizerNetwork> networks, InferenceOptions options)
    {
        var renderer = new StyleRenderer();
        foreach (var network in networks)
        {
            if (!StyleNetwork.Open(network, options).TryGet(out var loaded, out var failure))
            {
                renderer.Dispose();
                return failure;
            }

            renderer._networks.Add(network, loaded);
        }

        return renderer;
    }

    /// <summary>Draws a picture in one style or mixture: one pass for each network of the selection.</summary>
    /// <param name="picture">Any size.</param>
    /// <param name="style">From the catalog of these networks.</param>
    /// <param name="pictures">How many pictures are drawn now, this one included.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    public async Task<FloatImage> RenderAsync(FloatImage picture, StyleSelection style, int pictures, CancellationToken cancellationToken)
    {
        var result = new FloatImage(picture.Width, picture.Height);
        try
        {
            for (var i = 0; i < style.Parts.Count; i++)
            {
                var part = style.Parts[i];
                var multiple = part.Network.SizeMultiple;
                using var input = Padded(picture, multiple);
                using var output = new FloatImage(input.Width, input.Height);
                await _networks[part.Network].RunAsync(input, output, part.Weights, pictures, cancellationToken);
                for (var y = 0; y < result.Height; y++)
                {
                    PixelKernels.Accumulate(output.Row(y)[..result.Stride], part.Share, result.Row(y), first: i == 0);
                }
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var network in _networks.Values)
        {
            network.Dispose();
        }
    }

    /// <summary>
    /// A copy with its edge repeated to the right and below up to the next multiple. (DCT-Net's own code pads with white, along which
    /// the network draws a line that shows in the picture's last pixels.)
    /// </summary>
    private static FloatImage Padded(FloatImage picture, int multiple)
    {
        var padded = new FloatImage(RoundUp(picture.Width), RoundUp(picture.Height));
        for (var y = 0; y < picture.Height; y++)
        {
            var row = padded.Row(y);
            picture.Row(y).CopyTo(row);
            var last = row[(picture.Stride - FloatImage.Channels)..picture.Stride];
            for (var x = picture.Stride; x < row.Length; x += FloatImage.Channels)
            {
                last.CopyTo(row[x..]);
            }
        }

        for (var y = picture.Height; y < padded.Height; y++)
        {
            padded.Row(picture.Height - 1).CopyTo(padded.Row(y));
        }

        return padded;

        int RoundUp(int length) => (length + multiple - 1) / multiple * multiple;
    }
}
