namespace DctNet.ModelTools;

/// <summary>What a reduced network stores and computes in.</summary>
public enum Precision
{
    /// <summary>Weights stored as float16, computed in float32: half the file.</summary>
    Float16,

    /// <summary>The inner convolutions in 8-bit integers, with ranges taken from photos.</summary>
    EightBitInteger,
}
