namespace DctNet.ModelTools;

/// <summary>An operation of a graph that was read, in TensorFlow's terms; pictures are <c>[1, H, W, C]</c>.</summary>
/// <param name="Operation">TensorFlow's name of it.</param>
/// <param name="Inputs">Names of nodes.</param>
internal sealed record SourceNode(string Operation, params string[] Inputs)
{
    public const string Constant = "Const";
    public const string Placeholder = "Placeholder";

    /// <summary>Of a constant.</summary>
    public Tensor? Value { get; init; }

    /// <summary>Of a placeholder: -1 where any size is taken; null: not said.</summary>
    public int[]? Shape { get; init; }

    public int Stride { get; init; } = 1;

    /// <summary>Side of a pooling window.</summary>
    public int Window { get; init; }

    /// <summary>SAME or VALID.</summary>
    public string Padding { get; init; } = "SAME";

    public KernelLayout Kernel { get; init; }

    /// <summary>Slope of a leaky ReLU; epsilon of a normalisation.</summary>
    public float Number { get; init; }

    /// <summary>Axis of a stack; REFLECT padding has 1 here.</summary>
    public int Axis { get; init; }

    public bool AlignCorners { get; init; }

    public bool HalfPixelCenters { get; init; }

    /// <summary>The result of a cast or a division is whole.</summary>
    public bool WholeNumbers { get; init; }

    public int BeginMask { get; init; }

    public int EndMask { get; init; }

    public int EllipsisMask { get; init; }

    public int NewAxisMask { get; init; }

    public int ShrinkAxisMask { get; init; }
}
