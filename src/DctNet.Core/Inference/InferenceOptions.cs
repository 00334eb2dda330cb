namespace DctNet.Core.Inference;

/// <summary>How networks run.</summary>
public sealed record InferenceOptions
{
    /// <summary>The provider to use. A named one that cannot start is an error; <see cref="ExecutionProvider.Auto"/> falls back.</summary>
    public ExecutionProvider ExecutionProvider { get; set; } = ExecutionProvider.Auto;

    /// <summary>The GPU's number, 0 or more; without meaning on the CPU.</summary>
    public int DeviceId { get; set; }

    /// <summary>
    /// Threads that share one network run. 0 stands for <see cref="Environment.ProcessorCount"/>, which knows a container's CPU limit
    /// (ONNX Runtime's own default counts the machine's cores and so oversubscribes in a container), shared out among the sessions; and
    /// on the CPU for one or two threads as soon as so many pictures are drawn that these fill the cores, since threads of one run wait for
    /// each other (PERFORMANCE.md).
    /// </summary>
    public int IntraOpThreads { get; set; }

    /// <summary>
    /// How often each network is loaded, so that as many runs go on side by side. Defaults to 1: on the CPU one run uses all cores, and
    /// on a GPU each session takes memory of its own for the largest picture.
    /// </summary>
    public int SessionsPerDevice { get; set; } = 1;

    /// <summary>
    /// Pictures of one size and style that share a run, where the network takes several. Defaults to 0: 8 on a GPU, which one head does
    /// not fill; 1 on the CPU, where pictures side by side gain more than pictures in one run (PERFORMANCE.md).
    /// </summary>
    public int MaxBatchSize { get; set; }

    /// <summary>
    /// How long a picture waits for others while a session is free. Defaults to 2 ms: short beside a run, and enough for pictures that
    /// were decoded side by side. Those that come while all sessions are busy gather anyway, so 0 makes sense too.
    /// </summary>
    public int MaxBatchDelayMilliseconds { get; set; } = 2;

    /// <summary>
    /// Whether a run's threads wait for their next part by spinning, as is ONNX Runtime's default. It took a sixth more processor time, which
    /// other pictures could have used (PERFORMANCE.md).
    /// </summary>
    internal bool ThreadsSpin { get; init; }

    /// <summary>Whether ONNX Runtime keeps the memory of a run for the next: less time, and a lower peak (PERFORMANCE.md).</summary>
    internal bool CpuArena { get; init; } = true;

    /// <summary>Null when the options make sense, else what is wrong with them.</summary>
    public string? Validate() => this switch
    {
        _ when !Enum.IsDefined(ExecutionProvider) => "ExecutionProvider must be Auto, Cpu, Cuda or TensorRt.",
        { DeviceId: < 0 } => "DeviceId must be 0 or more.",
        { IntraOpThreads: < 0 or > 1024 } => "IntraOpThreads must be 0 (automatic) to 1024.",
        { SessionsPerDevice: < 1 or > 64 } => "SessionsPerDevice must be 1 to 64.",
        { MaxBatchSize: < 0 or > 256 } => "MaxBatchSize must be 0 (automatic) to 256.",
        { MaxBatchDelayMilliseconds: < 0 or > 1000 } => "MaxBatchDelayMilliseconds must be 0 to 1000.",
        _ => null,
    };

    /// <summary>Threads of one run, with the default worked out.</summary>
    internal int EffectiveIntraOpThreads =>
        IntraOpThreads > 0 ? IntraOpThreads : Math.Max(1, Environment.ProcessorCount / SessionsPerDevice);

    /// <summary>
    /// How pictures that fill the cores together run; null where they run as one alone does. With two threads each where half as many
    /// pictures as cores, the service's default, are two or more.
    /// </summary>
    internal InferenceOptions? Beside(ExecutionProvider provider) =>
        this is { IntraOpThreads: 0, SessionsPerDevice: 1 } && provider == ExecutionProvider.Cpu && EffectiveBatchSize(provider) == 1
            ? Environment.ProcessorCount switch
            {
                1 => null,
                < 4 => this with { ExecutionProvider = provider, IntraOpThreads = 1 },
                _ => this with { ExecutionProvider = provider, IntraOpThreads = 2 },
            }
            : null;

    /// <summary>Pictures in a batch, with the default worked out for the provider that was found.</summary>
    internal int EffectiveBatchSize(ExecutionProvider provider) =>
        MaxBatchSize > 0 ? MaxBatchSize : provider == ExecutionProvider.Cpu ? 1 : 8;
}
