using DctNet.Core;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace DctNet.Evaluation;

/// <summary>Loads a network that judges pictures: on one thread, since many pictures are judged.</summary>
internal static class JudgingNetwork
{
    public static Outcome<InferenceSession> Open(string path)
    {
        try
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1, EnableMemoryPattern = false };
            return new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            return new Failure(FailureCode.InvalidOption, $"{path} does not load: {e.Message}");
        }
    }

    /// <summary>Whether an input or output is a tensor of float32, the only one that is given and read here.</summary>
    public static bool IsFloat(NodeMetadata metadata) => metadata is { IsTensor: true, ElementDataType: TensorElementType.Float };
}
