namespace DctNet.Core.Inference;

/// <summary>The ONNX Runtime execution provider that runs the networks.</summary>
public enum ExecutionProvider
{
    /// <summary>The best that the build carries and this machine starts: TensorRT, CUDA, CPU, in this order.</summary>
    Auto,

    /// <summary>ONNX Runtime's own CPU kernels; in every build.</summary>
    Cpu,

    /// <summary>NVIDIA CUDA; needs a build with <c>-p:OnnxRuntimeFlavor=Gpu</c> and the CUDA libraries.</summary>
    Cuda,

    /// <summary>NVIDIA TensorRT, with CUDA for what it does not take; needs the same build and the TensorRT libraries.</summary>
    TensorRt,
}
