namespace DctNet.Evaluation;

/// <summary>How a catalog is compared with its teacher.</summary>
public sealed record StyleEvaluationOptions
{
    /// <summary>Whole pictures are brought down to this short side, pixels.</summary>
    public int WholeShortSide { get; init; } = 384;

    /// <summary>Compare with the teacher's pictures as <see cref="FairTarget"/> corrects them.</summary>
    public bool Fair { get; init; } = true;

    /// <summary>SqueezeNet 1.0 as ONNX with the outputs relu1, fire2, fire4 and fire8; null leaves the perceptual distance out.</summary>
    public string? PerceptualFile { get; init; }

    /// <summary>
    /// A face-recognition network as ONNX: RGB of 112 × 112 as (x − 127.5) / 127.5, channels first or last, to one vector; null leaves the
    /// distance of identities out.
    /// </summary>
    public string? IdentityFile { get; init; }
}
