using DctNet.Core.Inference;
using DctNet.Core.Models;

namespace DctNet.Core.Cartoon;

/// <summary>A loaded stylizer: pictures in, pictures out. Safe for concurrent runs.</summary>
internal sealed class StyleNetwork : IDisposable
{
    private readonly NetworkSession _session;
    private readonly StylizerNetwork _network;
    private readonly long[]? _styleShape;

    private StyleNetwork(NetworkSession session, StylizerNetwork network, long[]? styleShape) =>
        (_session, _network, _styleShape) = (session, network, styleShape);

    public ExecutionProvider Provider => _session.Provider;

    public string ProviderReason => _session.ProviderReason;

    /// <summary>Loads the network and checks that its inputs and outputs are what the catalog says.</summary>
    public static Outcome<StyleNetwork> Open(StylizerNetwork network, InferenceOptions options)
    {
        if (!NetworkSession.Open(network.Path, options).TryGet(out var session, out var failure))
        {
            return failure;
        }

        var styleShape = network.StyleInput is null ? null : StyleShape(session.InputShape(network.StyleInput), network.Styles.Count);
        var problem =
            session.InputShape(network.ImageInput) is not [_, _, FloatImage.Channels] ? $"has no input {network.ImageInput} [H, W, 3]"
            : session.OutputShape(network.Output) is not [_, _, _] ? $"has no output {network.Output} [H, W, 3]"
            : network.StyleInput is not null && styleShape is null ? $"has no input {network.StyleInput} of {network.Styles.Count} weights"
            : null;
        if (problem is not null)
        {
            session.Dispose();
            return new Failure(FailureCode.Internal, $"The network {network.Label} ({network.Path}) {problem}.");
        }

        return new StyleNetwork(session, network, styleShape);
    }

    /// <summary>Draws a picture.</summary>
    /// <param name="input">Height and width are multiples of the network's; the content is undefined afterwards.</param>
    /// <param name="output">Receives the cartoon; same size.</param>
    /// <param name="weights">The style vector.</param>
    /// <param name="cancellationToken">Stops the run at its next operator.</param>
    public void Run(FloatImage input, FloatImage output, IReadOnlyList<float> weights, CancellationToken cancellationToken)
    {
        var image = new NamedTensor(_network.ImageInput, input.Memory, [input.Height, input.Width, FloatImage.Channels]);
        var cartoon = new NamedTensor(_network.Output, output.Memory, [output.Height, output.Width, FloatImage.Channels]);
        var bgr = _network.ChannelOrder == ChannelOrder.Bgr;
        if (bgr)
        {
            PixelKernels.SwapRedAndBlue(input.Span);
        }

        if (_styleShape is null)
        {
            _session.Run([image], [cartoon], cancellationToken);
        }
        else
        {
            var style = new NamedTensor(_network.StyleInput!, weights.ToArray(), _styleShape);
            _session.Run([image, style], [cartoon], cancellationToken);
        }

        if (bgr)
        {
            PixelKernels.SwapRedAndBlue(output.Span);
        }
    }

    public void Dispose() => _session.Dispose();

    /// <summary>The declared shape with 1 for what is free, when it holds exactly one vector of this length.</summary>
    private static long[]? StyleShape(IReadOnlyList<int>? declared, int count)
    {
        if (declared is null)
        {
            return null;
        }

        long[] shape = [.. declared.Select(side => side < 0 ? 1L : side)];
        return shape.Aggregate(1L, (product, side) => product * side) == count ? shape : null;
    }
}
