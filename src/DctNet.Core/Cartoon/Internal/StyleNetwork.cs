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
        NetworkSession opened,
        long[]? styleShape,
        InferenceOptions options)
    {
        (_sessions, _beside, _network, _styleShape) = (sessions, beside, network, styleShape);
        (Provider, ProviderReason) = (opened.Provider, opened.ProviderReason);
        var size = options.EffectiveBatchSize(Provider);
        if (network.Layout == PictureLayout.Nhwc && size > 1)
        {
            var delay = TimeSpan.FromMilliseconds(options.MaxBatchDelayMilliseconds);
            _batcher = new Batcher(RunBatch, sessions.Count, size, Cartoonizer.MaxNetworkPixels, delay, TimeProvider.System);
        }
    }

    public ExecutionProvider Provider { get; }

    public string ProviderReason { get; }

    /// <summary>Loads the network and checks that its inputs and outputs are what the catalog says.</summary>
    public static Outcome<StyleNetwork> Open(StylizerNetwork network, InferenceOptions options)
    {
        var model = ReadModel(network);
        if (!NetworkSession.Open(network.Path, options).TryGet(out var first, out var failure))
        {
            return failure;
        }

        var (image, cartoon) = (first.InputShape(network.ImageInput), first.OutputShape(network.Output));
        var (hasImage, hasCartoon, shape) = network.Layout == PictureLayout.Nhwc
            ? (image is [-1, -1, -1, FloatImage.Channels], cartoon is [_, _, _, _], "[N, H, W, 3]")
            : (image is [-1, -1, FloatImage.Channels], cartoon is [_, _, _], "[H, W, 3]");
        var styleShape = network.StyleInput is null ? null : StyleShape(first.InputShape(network.StyleInput), network.Styles.Count);
        var problem =
            !hasImage ? $"has no input {network.ImageInput} {shape} of any size"
            : !hasCartoon ? $"has no output {network.Output} {shape}"
            : network.StyleInput is not null && styleShape is null ? $"has no input {network.StyleInput} of {network.Styles.Count} weights"
            : null;
        if (problem is not null)
        {
            first.Dispose();
            return new Failure(FailureCode.Internal, $"The network {network.Label} ({network.Path}) {problem}.");
        }

        var fewer = options.Beside(first.Provider);
        var sessions = new DisposableList<StyleSession>(options.SessionsPerDevice);

        // Not on a GPU, where TensorRT builds an engine for every session, and what it would gain was never measured.
        if (model is not null && first.Provider == ExecutionProvider.Cpu && TakesConstants(network, model, styleShape!, options))
        {
            first.Dispose();
            sessions.AddRange(Enumerable.Range(0, options.SessionsPerDevice).Select(_ => Constants(options)));
            return Opened(fewer is null ? null : Constants(fewer));
        }

        sessions.Add(new StyleSession(first));
        while (sessions.Count < options.SessionsPerDevice)
        {
            if (!NetworkSession.Open(network.Path, options with { ExecutionProvider = first.Provider }).TryGet(out var another, out failure))
            {
                sessions.Dispose();
                return failure;
            }

            sessions.Add(new StyleSession(another));
        }

        if (fewer is null)
        {
            return Opened(beside: null);
        }

        if (!NetworkSession.Open(network.Path, fewer).TryGet(out var beside, out failure))
        {
            sessions.Dispose();
            return failure;
        }

        return Opened(new StyleSession(beside));

        StyleSession Constants(InferenceOptions threads) => new(style => NetworkSession.OpenWithConstant(model, style, threads));

        StyleNetwork Opened(StyleSession? beside) => new(
            sessions,
            beside is null ? null : (beside, Environment.ProcessorCount / fewer!.IntraOpThreads),
            network,
            first,
            styleShape,
            options);
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

    /// <summary>Tried once, so that a style is drawn as a constant always or never.</summary>
    private static bool TakesConstants(StylizerNetwork network, byte[] model, long[] styleShape, InferenceOptions options)
    {
        var style = new NamedTensor(network.StyleInput!, new float[network.Styles.Count], styleShape);
        try
        {
            NetworkSession.OpenWithConstant(model, style, options).Dispose();
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
