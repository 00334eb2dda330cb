namespace DctNet.ModelTools;

/// <summary>A value of the network that depends on the picture. In ONNX it is <c>[1, C, H, W]</c>, whatever its rank was.</summary>
internal sealed record PictureValue(int Height, int Width, int Channels)
{
    /// <summary>4, or 3 where there is no batch dimension.</summary>
    public int Rank { get; init; } = 4;

    /// <summary>Its name in the ONNX graph; null while it is held back for what follows to be folded in.</summary>
    public string? Name { get; set; }

    /// <summary>Of a convolution held back.</summary>
    public PendingConvolution? Convolution { get; init; }

    /// <summary>Of a box filter held back.</summary>
    public PendingBox? Box { get; init; }

    public int[] Shape => Rank == 4 ? [1, Height, Width, Channels] : [Height, Width, Channels];

    public bool SameSize(PictureValue other) => (Height, Width, Channels) == (other.Height, other.Width, other.Channels);
}
