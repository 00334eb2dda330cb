using System.Buffers;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using DctNet.Core.Tests.Imaging;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace DctNet.Core.Tests.Inference;

public sealed class NetworkSessionTests : IDisposable
{
    private static readonly InferenceOptions s_cpu = new() { ExecutionProvider = ExecutionProvider.Cpu };

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_network_runs_over_the_callers_memory()
    {
        using var session = NetworkSession.Open(_directory.Write("first.onnx", OnnxWriter.FirstChannel()), s_cpu).Value();
        var output = new float[6];

        session.Run(
            [new NamedTensor("image", new float[] { 1, 2, 3, 4, 5, 6 }, [1, 2, 3])],
            [new NamedTensor("cartoon", output, [1, 2, 3])],
            Cancellation);

        Assert.Equal([1f, 1f, 1f, 4f, 4f, 4f], output);
        Assert.Equal([-1, -1, 3], session.InputShape("image"));
        Assert.Equal([-1, -1, 3], session.OutputShape("cartoon"));
        Assert.Null(session.InputShape("nothing"));
    }

    [Fact]
    public void Runs_side_by_side_do_not_mix()
    {
        using var session = NetworkSession.Open(_directory.Write("identity.onnx", OnnxWriter.Identity()), s_cpu).Value();
        Parallel.For(0, 64, i =>
        {
            float[] input = [.. Enumerable.Repeat((float)i, 16 * 16 * 3)];
            var output = new float[input.Length];
            session.Run([new NamedTensor("image", input, [16, 16, 3])], [new NamedTensor("cartoon", output, [16, 16, 3])], Cancellation);
            Assert.Equal(input, output);
        });
    }

    [Fact]
    public void The_runtime_says_its_version() => Assert.Matches(@"^1\.\d+\.\d+", NetworkSession.RuntimeVersion);

    [Fact]
    public void Automatic_choice_says_what_runs_and_why()
    {
        using var session = NetworkSession.Open(_directory.Write("identity.onnx", OnnxWriter.Identity()), new InferenceOptions()).Value();

        Assert.NotEqual(ExecutionProvider.Auto, session.Provider);
        Assert.EndsWith(".", session.ProviderReason, StringComparison.Ordinal);
        if (OnlyCpuNatives())
        {
            Assert.Equal(ExecutionProvider.Cpu, session.Provider);
            Assert.Contains("-p:OnnxRuntimeFlavor=Gpu", session.ProviderReason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(ExecutionProvider.Cuda)]
    [InlineData(ExecutionProvider.TensorRt)]
    public void A_named_provider_that_cannot_start_is_refused_with_the_missing_piece(ExecutionProvider provider)
    {
        Assert.SkipUnless(OnlyCpuNatives(), "This build carries GPU natives.");
        var path = _directory.Write("identity.onnx", OnnxWriter.Identity());

        var failure = NetworkSession.Open(path, new InferenceOptions { ExecutionProvider = provider }).Refusal(FailureCode.Internal);

        Assert.Contains(provider.ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Contains("-p:OnnxRuntimeFlavor=Gpu", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "[ErrorCode:RuntimeException] /onnxruntime/core/session/provider_bridge_ort.cc:1778 onnxruntime::Provider& ProviderLibrary::Get() "
        + "[ONNXRuntimeError] : 1 : FAIL : Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: "
        + "cannot open shared object file: No such file or directory",
        "the library libcublasLt.so.13 is missing")]
    [InlineData("CUDA execution provider is not enabled in this build. ", ProviderFault.CpuNativesOnly)]
    [InlineData("CUDA failure 100: no CUDA-capable device is detected", "CUDA failure 100: no CUDA-capable device is detected")]
    public void A_provider_fault_names_the_missing_piece(string message, string said) =>
        Assert.Equal(said, ProviderFault.Describe(new InvalidOperationException(message)));

    [Fact]
    public void A_missing_entry_point_means_that_the_build_has_no_GPU_natives()
    {
        var fault = new EntryPointNotFoundException("OrtSessionOptionsAppendExecutionProvider_CUDA");
        Assert.True(ProviderFault.IsProviderFault(fault));
        Assert.Equal(ProviderFault.CpuNativesOnly, ProviderFault.Describe(fault));
    }

    [Fact]
    public void A_missing_file_and_a_file_that_is_no_network_are_refused_by_name()
    {
        var missing = NetworkSession.Open(Path.Combine(_directory.Path, "missing.onnx"), s_cpu).Refusal(FailureCode.Internal);
        Assert.Contains("missing.onnx", missing.Message, StringComparison.Ordinal);

        var garbage = NetworkSession.Open(_directory.Write("garbage.onnx", [1, 2, 3, 4]), s_cpu).Refusal(FailureCode.Internal);
        Assert.Contains("garbage.onnx", garbage.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((ExecutionProvider)99, 0, 0)]
    [InlineData(ExecutionProvider.Auto, -1, 0)]
    [InlineData(ExecutionProvider.Auto, 0, -1)]
    [InlineData(ExecutionProvider.Auto, 0, 1025)]
    public void Options_out_of_range_are_refused(ExecutionProvider provider, int device, int threads)
    {
        var options = new InferenceOptions { ExecutionProvider = provider, DeviceId = device, IntraOpThreads = threads };
        Assert.NotNull(options.Validate());
        NetworkSession.Open(_directory.Write("identity.onnx", OnnxWriter.Identity()), options).Refusal(FailureCode.InvalidOption);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(65, 0, 0)]
    [InlineData(1, -1, 0)]
    [InlineData(1, 257, 0)]
    [InlineData(1, 0, -1)]
    [InlineData(1, 0, 1001)]
    public void Options_of_batches_out_of_range_are_refused(int sessions, int size, int delay) =>
        Assert.NotNull(new InferenceOptions { SessionsPerDevice = sessions, MaxBatchSize = size, MaxBatchDelayMilliseconds = delay }.Validate());

    [Fact]
    public void Batches_are_for_accelerators_unless_somebody_says_otherwise()
    {
        var options = new InferenceOptions();
        Assert.Equal(1, options.EffectiveBatchSize(ExecutionProvider.Cpu));
        Assert.True(options.EffectiveBatchSize(ExecutionProvider.Cuda) > 1);
        Assert.Equal(4, (options with { MaxBatchSize = 4 }).EffectiveBatchSize(ExecutionProvider.Cpu));
    }

    [Fact]
    public void Sessions_share_the_cores()
    {
        Assert.Equal(Environment.ProcessorCount, new InferenceOptions().EffectiveIntraOpThreads);
        Assert.Equal(1, new InferenceOptions { SessionsPerDevice = Environment.ProcessorCount }.EffectiveIntraOpThreads);
        Assert.Equal(3, new InferenceOptions { SessionsPerDevice = 2, IntraOpThreads = 3 }.EffectiveIntraOpThreads);
    }

    [Fact]
    public void Pictures_that_fill_the_cores_together_get_fewer_threads_each_unless_somebody_says_otherwise()
    {
        var options = new InferenceOptions();
        var beside = options.Beside(ExecutionProvider.Cpu);
        Assert.Equal(Environment.ProcessorCount == 1, beside is null);
        Assert.True(beside is null || (beside.Validate() is null && beside.EffectiveIntraOpThreads < options.EffectiveIntraOpThreads));

        Assert.Null(options.Beside(ExecutionProvider.Cuda));
        Assert.Null((options with { IntraOpThreads = 2 }).Beside(ExecutionProvider.Cpu));
        Assert.Null((options with { SessionsPerDevice = 2 }).Beside(ExecutionProvider.Cpu));
        Assert.Null((options with { MaxBatchSize = 2 }).Beside(ExecutionProvider.Cpu));
    }

    [Fact]
    public void Default_options_are_valid() => Assert.Null(new InferenceOptions().Validate());

    [Fact]
    public void A_run_that_is_cancelled_when_the_runtime_already_has_its_inputs_ends_as_cancelled()
    {
        using var session = NetworkSession.Open(_directory.Write("identity.onnx", OnnxWriter.Identity()), s_cpu).Value();
        using var cancellation = new CancellationTokenSource();
        using var input = new CancelsWhenPinned(cancellation, 3);
        var output = new float[3];

        Assert.Throws<OperationCanceledException>(() => session.Run(
            [new NamedTensor("image", input.Memory, [1, 1, 3])], [new NamedTensor("cartoon", output, [1, 1, 3])], cancellation.Token));

        // The session is as good as before.
        float[] again = [7, 8, 9];
        session.Run([new NamedTensor("image", again, [1, 1, 3])], [new NamedTensor("cartoon", output, [1, 1, 3])], Cancellation);
        Assert.Equal(again, output);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_a_fault()
    {
        using var session = NetworkSession.Open(_directory.Write("identity.onnx", OnnxWriter.Identity()), s_cpu).Value();
        Assert.Throws<OnnxRuntimeException>(() => session.Run(
            [new NamedTensor("image", new float[4], [1, 1, 4])], [new NamedTensor("cartoon", new float[4], [1, 1, 4])], Cancellation));
    }

    /// <summary>Run by itself in a child process by <see cref="TelemetryTests"/>.</summary>
    [Fact]
    public void The_bundled_face_network_runs()
    {
        using var session = NetworkSession.Open(Path.Combine(ModelCatalog.BundledDirectory, "face", "blazeface-256.onnx"), s_cpu).Value();
        var scores = new float[512];
        Array.Fill(scores, float.NaN);
        session.Run(
            [new NamedTensor("input:0", new float[256 * 256 * 3], [1, 256, 256, 3])],
            [new NamedTensor("Identity:0", scores, [1, 512, 1])],
            Cancellation);
        Assert.All(scores, score => Assert.True(float.IsFinite(score)));
    }

    private static bool OnlyCpuNatives() =>
        !OrtEnv.Instance().GetAvailableProviders().Any(name => name.Contains("CUDA", StringComparison.Ordinal));

    /// <summary>Memory that cancels at the moment ONNX Runtime takes hold of it.</summary>
    private sealed class CancelsWhenPinned(CancellationTokenSource cancellation, int length) : MemoryManager<float>
    {
        private readonly float[] _values = new float[length];

        public override Span<float> GetSpan() => _values;

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            cancellation.Cancel();
            return _values.AsMemory(elementIndex).Pin();
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
