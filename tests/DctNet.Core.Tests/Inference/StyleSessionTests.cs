using DctNet.Core.Inference;
using DctNet.Core.Models;
using DctNet.Core.Tests.Imaging;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace DctNet.Core.Tests.Inference;

/// <summary>With the bundled network; the session for any style is the twin of those with a constant style.</summary>
public sealed class StyleSessionTests
{
    private const int Side = 64;

    /// <summary>Of 255: scales folded into kernels round otherwise.</summary>
    private const float Tolerance = 0.01f;

    private static readonly InferenceOptions s_cpu = new() { ExecutionProvider = ExecutionProvider.Cpu, IntraOpThreads = 1 };
    private static readonly StylizerNetwork s_network = ModelCatalog.Load(ModelCatalog.BundledDirectory).Value().Networks[0];
    private static readonly byte[] s_model = File.ReadAllBytes(s_network.Path);
    private static readonly float[] s_picture = [.. Enumerable.Range(0, Side * Side * 3).Select(i => (float)(i * 7919L % 256))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_style_gets_a_session_that_draws_the_same_as_the_one_for_any()
    {
        using var general = NetworkSession.Open(s_network.Path, s_cpu).Value();
        using var session = Open();
        var first = Draw(session, Style(3));

        Assert.Equal(1, session.Constants);
        Equal(Draw(general, Style(3)), first);
        Assert.Equal(first, Draw(session, Style(3)));
        Assert.Equal(1, session.Constants);
        Assert.NotEqual(first, Draw(session, Style(4)));
        Assert.Equal(2, session.Constants);
    }

    [Fact]
    public void A_constant_style_is_an_input_no_longer()
    {
        using var constant = NetworkSession.OpenWithConstant(s_model, Vector(Style(2)), s_cpu);

        Assert.Null(constant.InputShape(s_network.StyleInput!));
        Assert.Equal([-1, -1, -1, 3], constant.InputShape(s_network.ImageInput));
    }

    [Fact]
    public void Only_so_many_are_kept_the_others_are_freed_and_come_back()
    {
        var loaded = new List<NetworkSession>();
        var session = Open(loaded);
        var first = Draw(session, Style(0));
        for (var style = 1; style <= StyleSession.Kept; style++)
        {
            Draw(session, Style(style));
        }

        Assert.Equal(StyleSession.Kept, session.Constants);
        Assert.True(IsFreed(loaded[0]));
        Assert.DoesNotContain(loaded[1..], IsFreed);

        Assert.Equal(first, Draw(session, Style(0)));
        Assert.Equal(StyleSession.Kept, session.Constants);
        Assert.True(IsFreed(loaded[1]));
        session.Dispose();
        Assert.All(loaded, one => Assert.True(IsFreed(one)));
    }

    [Fact]
    public void Callers_that_come_together_load_a_style_once()
    {
        var loaded = new List<NetworkSession>();
        using var session = Open(loaded);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, _ => Draw(session, Style(1)));
        Assert.Single(loaded);
    }

    [Fact]
    public void A_cancelled_run_loads_nothing()
    {
        using var session = Open();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            session.Run(Image(s_network.ImageInput, s_picture), Vector(Style(1)), Image(s_network.Output, new float[s_picture.Length]), cancelled.Token));
        Assert.Equal(0, session.Constants);
    }

    [Fact]
    public void Callers_with_more_styles_than_are_kept_get_their_own()
    {
        using var general = NetworkSession.Open(s_network.Path, s_cpu).Value();
        var expected = Enumerable.Range(0, StyleSession.Kept + 2).Select(style => Draw(general, Style(style))).ToArray();
        using var session = Open();
        var options = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation };
        Parallel.For(0, 200, options, i =>
        {
            var style = i % expected.Length;
            Equal(expected[style], Draw(session, Style(style)));
        });
        Assert.InRange(session.Constants, 1, StyleSession.Kept);
    }

    [Fact]
    public void Without_constants_the_style_is_an_input()
    {
        using var session = new StyleSession(NetworkSession.Open(s_network.Path, s_cpu).Value());
        using var general = NetworkSession.Open(s_network.Path, s_cpu).Value();
        Assert.Equal(Draw(general, Style(1)), Draw(session, Style(1)));
        Assert.Equal(0, session.Constants);
    }

    [Fact]
    public void A_load_that_throws_is_tried_again()
    {
        var loads = 0;
        using var session = new StyleSession(
            style => loads++ == 0 ? throw new InvalidOperationException() : NetworkSession.OpenWithConstant(s_model, style, s_cpu));
        Assert.Throws<InvalidOperationException>(() => Draw(session, Style(1)));
        Draw(session, Style(1));
        Assert.Equal((2, 1), (loads, session.Constants));
    }

    [Fact]
    public void Disposed_under_a_run_it_frees_the_session_after_it()
    {
        StyleSession? session = null;
        NetworkSession? constant = null;
        session = new StyleSession(
            style =>
            {
                constant = NetworkSession.OpenWithConstant(s_model, style, s_cpu);
                session!.Dispose();
                return constant;
            });

        Assert.Contains(Draw(session, Style(1)), level => level > 0);
        Assert.Throws<ObjectDisposedException>(() => Draw(session, Style(1)));
        Assert.True(IsFreed(constant!));
    }

    [Fact]
    public void Models_that_have_no_such_input_or_are_damaged()
    {
        var vector = Vector(Style(1));
        Assert.Equal(s_model, ConstantInput.Fix(s_model, vector with { Name = "nothing" }));
        Assert.Throws<InvalidDataException>(() => ConstantInput.Fix(s_model.AsSpan(..^1000), vector));
        Assert.Throws<InvalidDataException>(() => NetworkSession.OpenWithConstant([0x0a, 0xff], vector, s_cpu));
        Assert.Throws<OnnxRuntimeException>(() => NetworkSession.OpenWithConstant([], vector, s_cpu));
    }

    private static StyleSession Open(List<NetworkSession>? loaded = null) => new(
        style =>
        {
            var session = NetworkSession.OpenWithConstant(s_model, style, s_cpu);
            loaded?.Add(session);
            return session;
        });

    private static bool IsFreed(NetworkSession session) =>
        Record.Exception(() => session.Run([], [], Cancellation)) is ObjectDisposedException;

    /// <summary>A mixture of all styles, one of them above the others; any number.</summary>
    private static float[] Style(int number)
    {
        float[] weights = [.. Enumerable.Range(0, s_network.Styles.Count).Select(i => 1f + (i == number % s_network.Styles.Count ? 5 + number : 0))];
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    private static NamedTensor Vector(float[] style) => new(s_network.StyleInput!, style, [style.Length]);

    private static NamedTensor Image(string name, float[] pixels) => new(name, pixels, [1, Side, Side, 3]);

    private static float[] Draw(StyleSession session, float[] style)
    {
        var result = new float[s_picture.Length];
        session.Run(Image(s_network.ImageInput, s_picture), Vector(style), Image(s_network.Output, result), Cancellation);
        return result;
    }

    private static float[] Draw(NetworkSession session, float[] style)
    {
        var result = new float[s_picture.Length];
        session.Run([Image(s_network.ImageInput, s_picture), Vector(style)], [Image(s_network.Output, result)], Cancellation);
        return result;
    }

    private static void Equal(float[] expected, float[] actual) =>
        Assert.True(expected.Zip(actual, (a, b) => MathF.Abs(a - b)).All(difference => difference <= Tolerance));
}
