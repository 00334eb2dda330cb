using System.Collections.Concurrent;
using System.Diagnostics;
using DctNet.Core.Diagnostics;
using DctNet.Core.Inference;
using DctNet.Core.Inference.Scheduling;
using DctNet.Core.Models;
using DctNet.Core.Tests.Imaging;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace DctNet.Core.Tests.Inference;

/// <summary>Batches of the bundled network, or of one that is quicker, in ONNX Runtime.</summary>
public sealed class BatcherTests : IDisposable
{
    private const int Side = 16;
    private const int ManyPixels = 1 << 20;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly float[] s_dark = [1, 0];
    private static readonly float[] s_light = [0, 1];

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly ConcurrentQueue<int> _sizes = new();
    private readonly NetworkSession _session;

    public BatcherTests() => _session = NetworkSession.Open(_directory.Write("grays.onnx", OnnxWriter.Grays(batched: true, 40, 200)), s_cpu).Value();

    private static InferenceOptions s_cpu => new() { ExecutionProvider = ExecutionProvider.Cpu, IntraOpThreads = 1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _session.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Pictures_of_several_callers_share_a_run_and_are_drawn_as_by_themselves()
    {
        var catalog = ModelCatalog.Load(ModelCatalog.BundledDirectory).Value();
        using var session = NetworkSession.Open(catalog.Networks.Single().Path, s_cpu).Value();
        float[] style = [.. Enumerable.Repeat(1f / catalog.Networks.Single().Styles.Count, catalog.Networks.Single().Styles.Count)];
        var random = new Random(1);
        var pictures = Enumerable.Range(0, 4).Select(_ => Picture(64, () => random.Next(256))).ToArray();
        using var batcher = Batcher(maxSize: 4, session: session);

        await Task.WhenAll(pictures.Select(picture => RunAsync(batcher, style, Cancellation, picture)));

        Assert.Equal([4], _sizes);
        foreach (var picture in pictures)
        {
            var alone = picture with { Output = new float[picture.Output.Length] };
            Run(session, 1, alone, style, Cancellation);
            Assert.All(alone.Output.ToArray().Zip(picture.Output.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 0.01f));
        }
    }

    [Fact]
    public async Task Pictures_of_one_call_share_a_run()
    {
        using var batcher = Batcher(maxSize: 3);
        var pictures = Enumerable.Range(0, 3).Select(_ => Picture(Side)).ToArray();

        await RunAsync(batcher, s_light, Cancellation, pictures);

        Assert.Equal([3], _sizes);
        Assert.All(pictures, picture => AssertGray(200, picture));
    }

    [Fact]
    public async Task Sizes_and_styles_run_apart()
    {
        using var batcher = Batcher(maxSize: 2);
        BatchPicture[] dark = [Picture(Side), Picture(Side)], light = [Picture(Side), Picture(Side)], large = [Picture(2 * Side), Picture(2 * Side)];

        await Task.WhenAll(
            RunAsync(batcher, s_dark, Cancellation, dark[0], large[0]),
            RunAsync(batcher, s_light, Cancellation, light),
            RunAsync(batcher, [1, 0], Cancellation, dark[1], large[1]));

        Assert.Equal([2, 2, 2], _sizes);
        Assert.All(dark.Concat(large), picture => AssertGray(40, picture));
        Assert.All(light, picture => AssertGray(200, picture));
    }

    [Fact]
    public async Task A_batch_has_no_more_pixels_than_allowed_unless_one_picture_has()
    {
        using var batcher = Batcher(maxSize: 8, maxPixels: 2 * Side * Side);

        await RunAsync(batcher, s_dark, Cancellation, [.. Enumerable.Range(0, 4).Select(_ => Picture(Side)), Picture(2 * Side)]);

        Assert.Equal([1, 2, 2], _sizes.Order());
    }

    [Fact]
    public async Task A_picture_waits_for_others_as_long_as_it_may_and_no_longer()
    {
        using var batcher = Batcher(maxSize: 3);
        BatchPicture[] pictures = [Picture(Side), Picture(Side)];
        var first = RunAsync(batcher, s_dark, Cancellation, pictures[0]);
        await _time.TimerSetAsync(Cancellation);
        _time.Advance(s_delay - TimeSpan.FromTicks(1));

        // The second one wakes the session, which sets its timer again only where it does not run them yet.
        var second = RunAsync(batcher, s_dark, Cancellation, pictures[1]);
        await _time.TimerSetAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        Assert.Empty(_sizes);

        // Timers count whole milliseconds.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Task.WhenAll(first, second).WaitAsync(s_patience, Cancellation);

        Assert.Equal([2], _sizes);
        Assert.All(pictures, picture => AssertGray(40, picture));
    }

    [Fact]
    public async Task A_caller_who_goes_while_waiting_takes_only_its_own_pictures_along()
    {
        using var batcher = Batcher(maxSize: 3);
        using var leaving = new CancellationTokenSource();
        var gone = RunAsync(batcher, s_dark, leaving.Token, Picture(Side));
        await _time.TimerSetAsync(Cancellation);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Empty(_sizes);

        await RunAsync(batcher, s_dark, Cancellation, Picture(Side), Picture(Side), Picture(Side));
        Assert.Equal([3], _sizes);
    }

    [Fact]
    public async Task A_picture_whose_deadline_passes_while_it_waits_is_not_run()
    {
        using var batcher = Batcher(maxSize: 2);
        using var deadline = new CancellationTokenSource(s_delay / 2, _time);
        await _time.TimerSetAsync(Cancellation);
        var late = RunAsync(batcher, s_dark, deadline.Token, Picture(Side));
        await _time.TimerSetAsync(Cancellation);

        _time.Advance(s_delay / 2);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
        Assert.Empty(_sizes);
    }

    [Fact]
    public async Task A_caller_who_goes_in_mid_run_leaves_the_others_their_results()
    {
        using var leaving = new CancellationTokenSource();
        using var batcher = Batcher(maxSize: 2, beforeRun: leaving.Cancel);
        var stays = Picture(Side);

        var gone = RunAsync(batcher, s_dark, leaving.Token, Picture(Side));
        await RunAsync(batcher, s_dark, Cancellation, stays);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        AssertGray(40, stays);
        Assert.Equal([2], _sizes);
    }

    [Fact]
    public async Task A_run_stops_when_the_last_of_its_callers_has_gone()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var (early, stopped) = (true, false);
        using var batcher = new Batcher(
            (session, count, pictures, style, cancellation) =>
            {
                first.Cancel();
                early = cancellation.IsCancellationRequested;
                second.Cancel();

                // The second may only now come to tell of its leave.
                stopped = cancellation.WaitHandle.WaitOne(s_patience);
                Run(_session, count, pictures, style, cancellation);
            },
            sessions: 1, maxSize: 2, ManyPixels, s_delay, _time);

        var runs = new[] { first, second }.Select(caller => RunAsync(batcher, s_dark, caller.Token, Picture(Side))).ToArray();

        foreach (var run in runs)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        }

        Assert.False(early);
        Assert.True(stopped);
    }

    [Fact]
    public async Task A_fault_reaches_every_caller_of_its_batch_and_no_other()
    {
        using var batcher = Batcher(maxSize: 2);
        float[] ofAnotherNetwork = [1, 0, 0];

        var runs = Enumerable.Range(0, 2).Select(_ => RunAsync(batcher, ofAnotherNetwork, Cancellation, Picture(Side))).ToArray();

        foreach (var run in runs)
        {
            await Assert.ThrowsAsync<OnnxRuntimeException>(() => run);
        }

        var picture = Picture(Side);
        await RunAsync(batcher, s_light, Cancellation, picture, Picture(Side));
        AssertGray(200, picture);
    }

    [Fact]
    public async Task Sessions_run_side_by_side()
    {
        using var both = new Barrier(2);
        using var batcher = Batcher(maxSize: 1, sessions: 2, beforeRun: () => both.SignalAndWait(Cancellation));
        BatchPicture[] pictures = [Picture(Side), Picture(Side)];

        await RunAsync(batcher, s_light, Cancellation, pictures);

        Assert.All(pictures, picture => AssertGray(200, picture));
    }

    [Fact]
    public async Task Disposing_under_load_finishes_what_it_has_and_takes_no_more()
    {
        var batcher = Batcher(maxSize: 4, sessions: 2);
        using var started = new ManualResetEventSlim();
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                for (var done = 0; ; done++)
                {
                    var picture = Picture(Side);
                    try
                    {
                        await batcher.RunAsync(picture, s_dark, Cancellation);
                    }
                    catch (ObjectDisposedException)
                    {
                        return done;
                    }

                    AssertGray(40, picture);
                    started.Set();
                }
            },
            Cancellation)).ToArray();
        started.Wait(Cancellation);

        batcher.Dispose();

        var finished = (await Task.WhenAll(callers)).Sum();
        Assert.Equal(finished, _sizes.Sum());
    }

    [Fact]
    public async Task The_span_of_a_batch_links_to_its_callers()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var batcher = Batcher(maxSize: 3);
        var callers = await Task.WhenAll(Enumerable.Range(1, 2).Select(async pictures =>
        {
            using var caller = Telemetry.Source.StartActivity("caller")!;
            await RunAsync(batcher, s_dark, Cancellation, [.. Enumerable.Range(0, pictures).Select(_ => Picture(Side))]);
            return caller.Context;
        }));

        var batch = Assert.Single(spans, span => span.OperationName == "batch" && span.Links.Any(link => link.Context == callers[0]));
        Assert.Equal(callers.ToHashSet(), batch.Links.Select(link => link.Context).ToHashSet());
        Assert.Equal(3, batch.GetTagItem("dctnet.batch.size"));
        Assert.DoesNotContain(batch.TraceId, callers.Select(caller => caller.TraceId));
    }

    private static BatchPicture Picture(int side, Func<float>? value = null)
    {
        var input = new float[side * side * 3];
        for (var i = 0; value is not null && i < input.Length; i++)
        {
            input[i] = value();
        }

        return new BatchPicture(side, side, input, new float[input.Length]);
    }

    private static void AssertGray(float gray, BatchPicture picture) => Assert.All(picture.Output.ToArray(), value => Assert.Equal(gray, value));

    private static Task RunAsync(Batcher batcher, float[] style, CancellationToken cancellation, params BatchPicture[] pictures) =>
        Task.WhenAll(pictures.Select(picture => batcher.RunAsync(picture, style, cancellation)));

    private static void Run(NetworkSession session, int count, BatchPicture pictures, float[] style, CancellationToken cancellation)
    {
        long[] shape = [count, pictures.Height, pictures.Width, 3];
        session.Run(
            [new NamedTensor("image", pictures.Input, shape), new NamedTensor("style", style, [style.Length])],
            [new NamedTensor("cartoon", pictures.Output, shape)],
            cancellation);
    }

    private Batcher Batcher(int maxSize, int maxPixels = ManyPixels, int sessions = 1, NetworkSession? session = null, Action? beforeRun = null) => new(
        (_, count, pictures, style, cancellation) =>
        {
            _sizes.Enqueue(count);
            beforeRun?.Invoke();
            Run(session ?? _session, count, pictures, style, cancellation);
        },
        sessions, maxSize, maxPixels, s_delay, _time);
}
