using Microsoft.ML.OnnxRuntime;

namespace DctNet.Core.Inference;

/// <summary>One loaded network. Safe for concurrent runs; ONNX Runtime shares the session's threads between them.</summary>
public sealed class NetworkSession : IDisposable
{
    private static readonly (ExecutionProvider Provider, string Name)[] s_accelerators =
        [(ExecutionProvider.TensorRt, "TensorrtExecutionProvider"), (ExecutionProvider.Cuda, "CUDAExecutionProvider")];

    private readonly InferenceSession _session;

    // Runs under way, and one for the owner. Whoever leaves last frees the native session: freed under a run, it takes the process along.
    private int _users = 1;
    private int _disposed;

    private NetworkSession(InferenceSession session, ExecutionProvider provider, string providerReason) =>
        (_session, Provider, ProviderReason) = (session, provider, providerReason);

    /// <summary>Version of the native ONNX Runtime.</summary>
    public static string RuntimeVersion => OnnxRuntimeEnvironment.Ensure().GetVersionString();

    /// <summary>The provider that really runs the network; never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider { get; }

    /// <summary>One sentence on why it is this provider, for the log.</summary>
    public string ProviderReason { get; }

    /// <summary>Loads a network.</summary>
    /// <param name="modelPath">An ONNX file.</param>
    /// <param name="options">Provider and threads.</param>
    /// <returns>The session; or what is missing, where a named provider does not start or the file is no network.</returns>
    public static Outcome<NetworkSession> Open(string modelPath, InferenceOptions options)
    {
        if (options.Validate() is { } problem)
        {
            return new Failure(FailureCode.InvalidOption, problem);
        }

        var environment = OnnxRuntimeEnvironment.Ensure();
        if (options.ExecutionProvider != ExecutionProvider.Auto)
        {
            return Open(modelPath, options, options.ExecutionProvider, "It is the configured one.");
        }

        // The list only says what the natives were built with, so every entry still has to prove itself.
        var carried = environment.GetAvailableProviders();
        var faults = new List<string>();
        foreach (var (provider, name) in s_accelerators)
        {
            if (!carried.Contains(name))
            {
                continue;
            }

            if (Open(modelPath, options, provider, "It is the fastest that starts here.").TryGet(out var session, out var failure))
            {
                return session;
            }

            faults.Add(failure.Message);
        }

        var reason = faults.Count == 0
            ? $"No accelerator was tried: {ProviderFault.CpuNativesOnly}."
            : $"Fallback: {string.Join(" ", faults)}";
        return Open(modelPath, options, ExecutionProvider.Cpu, reason);
    }

    /// <summary>Loads a network with one of its inputs as a constant, on the CPU.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="constant">That input's name, shape and values.</param>
    /// <param name="options">Threads; the provider is the CPU.</param>
    /// <exception cref="InvalidDataException">The model is cut off or damaged.</exception>
    /// <exception cref="OnnxRuntimeException">The network does not load so, as with weights in files of their own.</exception>
    internal static NetworkSession OpenWithConstant(byte[] model, NamedTensor constant, InferenceOptions options)
    {
        OnnxRuntimeEnvironment.Ensure();
        using var sessionOptions = Options(options);
        var session = new InferenceSession(ConstantInput.Fix(model, constant), sessionOptions);
        return new NetworkSession(session, ExecutionProvider.Cpu, "A constant input is for the CPU.");
    }

    /// <summary>The fixed dimensions of an input, outermost first; -1 where the network takes any.</summary>
    public IReadOnlyList<int>? InputShape(string name) =>
        _session.InputMetadata.TryGetValue(name, out var input) ? input.Dimensions : null;

    /// <summary>The fixed dimensions of an output, outermost first; -1 where they follow the input.</summary>
    public IReadOnlyList<int>? OutputShape(string name) =>
        _session.OutputMetadata.TryGetValue(name, out var output) ? output.Dimensions : null;

    /// <summary>Runs the network over the caller's memory, without copies on the CPU.</summary>
    /// <exception cref="OperationCanceledException">The token fired; a run under way stops at its next operator.</exception>
    /// <exception cref="OnnxRuntimeException">The tensors do not fit the network, or the runtime failed.</exception>
    public void Run(ReadOnlySpan<NamedTensor> inputs, ReadOnlySpan<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Enter();
        try
        {
            RunInside(inputs, outputs, cancellationToken);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Frees the network once the runs under way have ended; new ones are refused.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Leave();
        }
    }

    private void Enter()
    {
        int users;
        do
        {
            users = Volatile.Read(ref _users);
            ObjectDisposedException.ThrowIf(users == 0 || Volatile.Read(ref _disposed) != 0, this);
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _session.Dispose();
        }
    }

    private void RunInside(ReadOnlySpan<NamedTensor> inputs, ReadOnlySpan<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        using var runOptions = new RunOptions();
        using var inputValues = new DisposableList<OrtValue>(inputs.Length);
        using var outputValues = new DisposableList<OrtValue>(outputs.Length);
        var inputNames = Bind(inputs, inputValues);
        var outputNames = Bind(outputs, outputValues);
        using (cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, runOptions))
        {
            try
            {
                _session.Run(runOptions, inputNames, inputValues, outputNames, outputValues);
            }
            catch (OnnxRuntimeException e) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The network run was cancelled.", e, cancellationToken);
            }
        }
    }

    private static Outcome<NetworkSession> Open(string modelPath, InferenceOptions options, ExecutionProvider provider, string reason)
    {
        using var sessionOptions = Options(options);
        try
        {
            if (provider == ExecutionProvider.TensorRt)
            {
                sessionOptions.AppendExecutionProvider_Tensorrt(options.DeviceId);
            }

            if (provider is ExecutionProvider.TensorRt or ExecutionProvider.Cuda)
            {
                sessionOptions.AppendExecutionProvider_CUDA(options.DeviceId);
            }
        }
        catch (Exception e) when (ProviderFault.IsProviderFault(e))
        {
            return new Failure(FailureCode.Internal, $"The execution provider {provider} does not start: {ProviderFault.Describe(e)}.");
        }

        try
        {
            return new NetworkSession(new InferenceSession(modelPath, sessionOptions), provider, reason);
        }
        catch (OnnxRuntimeException e)
        {
            var file = Path.GetFileName(modelPath);
            return new Failure(FailureCode.Internal, $"The network {file} does not load on {provider}: {ProviderFault.Describe(e)}.");
        }
    }

    private static SessionOptions Options(InferenceOptions options)
    {
        var result = new SessionOptions
        {
            IntraOpNumThreads = options.EffectiveIntraOpThreads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,

            // Pictures come in every size: a memory pattern cached for each would only pile up.
            EnableMemoryPattern = false,
            EnableCpuMemArena = options.CpuArena,
        };
        result.AddSessionConfigEntry("session.intra_op.allow_spinning", options.ThreadsSpin ? "1" : "0");
        result.AddSessionConfigEntry("session.use_env_allocators", options.CpuArena ? "1" : "0");

        // Weights go when their session does; in the arena they would leave holes.
        result.AddSessionConfigEntry("session.use_device_allocator_for_initializers", "1");
        return result;
    }

    private static string[] Bind(ReadOnlySpan<NamedTensor> tensors, DisposableList<OrtValue> values)
    {
        var names = new string[tensors.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            names[i] = tensors[i].Name;
            values.Add(OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensors[i].Data, tensors[i].Shape));
        }

        return names;
    }
}
