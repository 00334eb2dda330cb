namespace DctNet.Core.Models;

/// <summary>The dimensions of a network's image input and output, outermost first.</summary>
public enum PictureLayout
{
    /// <summary><c>[H, W, 3]</c>: one picture a run, as in the official DCT-Net networks.</summary>
    Hwc,

    /// <summary><c>[N, H, W, 3]</c>, N free: as many pictures of one size and style as there are.</summary>
    Nhwc,
}
