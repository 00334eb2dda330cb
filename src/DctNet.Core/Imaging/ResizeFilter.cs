namespace DctNet.Core.Imaging;

/// <summary>Resampling kernels.</summary>
public enum ResizeFilter
{
    /// <summary>Windowed sinc over three lobes: sharpest, the default for photographs.</summary>
    Lanczos3,

    /// <summary>Bilinear (area-weighted when shrinking): no overshoot.</summary>
    Linear,

    /// <summary>Nearest neighbour.</summary>
    Nearest,
}
