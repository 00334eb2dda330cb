using DctNet.Core.Inference;
using DctNet.Core.Inference.Scheduling;
using DctNet.Core.Models;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.Core.Cartoon;

/// <summary>
/// A loaded stylizer: pictures in, pictures out. Runs of different callers are batched where the network takes several pictures and the
/// options allow it; else each is a run of its own on the caller's thread. Safe for concurrent use.
/// </summary>
internal sealed class StyleNetwork : IDisposable
{
    private readonly DisposableList<StyleSession> _sessions;

    // With fewer threads, for as many pictures side by side as fill the cores; null where one way serves both.
    private readonly (StyleSession Session, int Pictures)? _beside;
    private readonly StylizerNetwork _network;
    private readonly long[]? _styleShape;
    private readonly Batcher? _batcher;
    private uint _turn;

    private StyleNetwork(
        DisposableList<StyleSession> sessions,
        (StyleSession Session, int Pictures)? beside,
        StylizerNetwork network,
        long[]? styleShape,
        InferenceOptions options)
    {
        (_sessions, _beside, _network, _styleShape) = (sessions, beside, network, styleShape);
        var size = options.EffectiveBatchSize(Provider);
        if (network.Layout == PictureLayout.Nhwc && size > 1)
        {
            var delay = TimeSpan.FromMilliseconds(options.MaxBatchDelayMilliseconds);
            _batcher = new Batcher(RunBatch, sessions.Count, size, Cartoonizer.MaxNetworkPixels, delay, TimeProvider.System);
        }
    }

    public ExecutionProvider Provider => _sessions[0].General.Provider;

    public string ProviderReason => _sessions[0].General.ProviderReason;

    /// <summary>Loads the network and checks that its inputs and outputs are what the catalog says.</summary>
    public static Outcome<StyleNetwork> Open(StylizerNetwork network, InferenceOptions options)
    {
        var model = ReadModel(network);
        var sessions = new DisposableList<StyleSession>(capacity: 1);
        do
        {
            if (!OpenSession(network, model, isTried: sessions.Count > 0, options).TryGet(out var session, out var failure))
            {
                sessions.Dispose();
                return failure;
            }

            sessions.Add(session);
            model = session.HasConstants ? model : null;
        }
        while (sessions.Count < options.SessionsPerDevice);

        var (image, cartoon) = (sessions[0].General.InputShape(network.ImageInput), sessions[0].General.OutputShape(network.Output));
        var (hasImage, hasCartoon, shape) = network.Layout == PictureLayout.Nhwc
            ? (image is [-1, _, _, FloatImage.Channels], cartoon is [_, _, _, _], "[N, H, W, 3]")
            : (image is [_, _, FloatImage.Channels], cartoon is [_, _, _], "[H, W, 3]");
        var styleShape = network.StyleInput is null ? null : StyleShape(sessions[0].General.InputShape(network.StyleInput), network.Styles.Count);
        var problem =
            !hasImage ? $"has no input {network.ImageInput} {shape}"
            : !hasCartoon ? $"has no output {network.Output} {shape}"
            : network.StyleInput is not null && styleShape is null ? $"has no input {network.StyleInput} of {network.Styles.Count} weights"
            : null;
        if (problem is not null)
        {
            sessions.Dispose();
            return new Failure(FailureCode.Internal, $"The network {network.Label} ({network.Path}) {problem}.");
        }

        if (options.Beside(sessions[0].General.Provider) is not { } fewer)
        {
            return new StyleNetwork(sessions, beside: null, network, styleShape, options);
        }

        if (!OpenSession(network, model, isTried: true, fewer).TryGet(out var beside, out var refusal))
        {
            sessions.Dispose();
            return refusal;
        }

        return new StyleNetwork(sessions, (beside, Environment.ProcessorCount / fewer.IntraOpThreads), network, styleShape, options);
    }

    /// <summary>Draws a picture: before this returns where it runs by itself, else with others.</summary>
    /// <param name="input">Height and width are multiples of the network's; the content is undefined afterwards.</param>
    /// <param name="output">Receives the cartoon; same size.</param>
    /// <param name="weights">The style vector.</param>
    /// <param name="pictures">How many pictures are drawn now, this one included.</param>
    /// <param name="cancellationToken">Stops waiting, and a run that nobody else shares at its next operator.</param>
    public Task RunAsync(FloatImage input, FloatImage output, IReadOnlyList<float> weights, int pictures, CancellationToken cancellationToken)
    {
        var picture = new BatchPicture(input.Height, input.Width, input.Memory, output.Memory);
        float[] style = [.. weights];
        if (_batcher is not null)
        {
            return _batcher.RunAsync(picture, style, cancellationToken);
        }

        var session = _beside is { } beside && pictures >= beside.Pictures
            ? beside.Session
            : _sessions[(int)(Interlocked.Increment(ref _turn) % (uint)_sessions.Count)];
        RunOnce(session, 1, picture, style, cancellationToken);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _batcher?.Dispose();
        _beside?.Session.Dispose();
        _sessions.Dispose();
    }

    /// <param name="network">What to load.</param>
    /// <param name="model">The bytes of its file where styles may be constants of sessions of their own.</param>
    /// <param name="isTried">Whether it is known that this model takes them.</param>
    /// <param name="options">Provider and threads.</param>
    private static Outcome<StyleSession> OpenSession(StylizerNetwork network, byte[]? model, bool isTried, InferenceOptions options)
    {
        if (!NetworkSession.Open(network.Path, options).TryGet(out var session, out var failure))
        {
            return failure;
        }

        // Not on a GPU, where TensorRT builds an engine for every session, and what it would gain was never measured.
        var takesConstants = model is not null && session.Provider == ExecutionProvider.Cpu && (isTried || TakesConstants(network, model, session, options));
        return new StyleSession(session, takesConstants ? style => NetworkSession.OpenWithConstant(model!, style, options) : null);
    }

    /// <summary>Tried once, so that a style is drawn as a constant always or never.</summary>
    private static bool TakesConstants(StylizerNetwork network, byte[] model, NetworkSession general, InferenceOptions options)
    {
        if (StyleShape(general.InputShape(network.StyleInput!), network.Styles.Count) is not { } shape)
        {
            return false;
        }

        try
        {
            NetworkSession.OpenWithConstant(model, new NamedTensor(network.StyleInput!, new float[network.Styles.Count], shape), options).Dispose();
            return true;
        }
        catch (Exception e) when (e is OnnxRuntimeException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Null where the network has no style vector; or cannot be read, which loading it will tell.</summary>
    private static byte[]? ReadModel(StylizerNetwork network)
    {
        try
        {
            // Now, not when a style is drawn: the file may be another one by then.
            return network.StyleInput is null ? null : File.ReadAllBytes(network.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

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

    private void RunBatch(int session, int count, BatchPicture pictures, float[] style, CancellationToken cancellationToken) =>
        RunOnce(_sessions[session], count, pictures, style, cancellationToken);

    private void RunOnce(StyleSession session, int count, BatchPicture pictures, float[] style, CancellationToken cancellationToken)
    {
        long[] shape = _network.Layout == PictureLayout.Nhwc
            ? [count, pictures.Height, pictures.Width, FloatImage.Channels]
            : [pictures.Height, pictures.Width, FloatImage.Channels];
        var image = new NamedTensor(_network.ImageInput, pictures.Input, shape);
        var cartoon = new NamedTensor(_network.Output, pictures.Output, shape);
        var bgr = _network.ChannelOrder == ChannelOrder.Bgr;
        if (bgr)
        {
            PixelKernels.SwapRedAndBlue(pictures.Input.Span);
        }

        NamedTensor? vector = _styleShape is null ? null : new NamedTensor(_network.StyleInput!, style, _styleShape);
        session.Run(image, vector, cartoon, cancellationToken);

        if (bgr)
        {
            PixelKernels.SwapRedAndBlue(pictures.Output.Span);
        }
    }
}
