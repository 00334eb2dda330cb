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
    /// (ONNX Runtime's own default counts the machine's cores and so oversubscribes in a container).
    /// </summary>
    public int IntraOpThreads { get; set; }

    /// <summary>Null when the options make sense, else what is wrong with them.</summary>
    public string? Validate() => this switch
    {
        _ when !Enum.IsDefined(ExecutionProvider) => "ExecutionProvider must be Auto, Cpu, Cuda or TensorRt.",
        { DeviceId: < 0 } => "DeviceId must be 0 or more.",
        { IntraOpThreads: < 0 or > 1024 } => "IntraOpThreads must be 0 (automatic) to 1024.",
        _ => null,
    };
}
