using DctNet.Core.Inference;

namespace DctNet.Training;

/// <summary>Opens ONNX networks on the CPU.</summary>
internal static class Sessions
{
    /// <exception cref="InvalidOperationException">The network does not load.</exception>
    public static NetworkSession Open(string path, int threads)
    {
        var options = new InferenceOptions { ExecutionProvider = ExecutionProvider.Cpu, IntraOpThreads = threads };
        return NetworkSession.Open(path, options).TryGet(out var session, out var failure)
            ? session
            : throw new InvalidOperationException(failure.Message);
    }
}
