namespace DctNet.Core.Watermark;

/// <summary>The steps of a detection, in the order they are tried.</summary>
public enum DetectPath
{
    /// <summary>The whole picture, at any size, in any of the eight orientations.</summary>
    Direct,

    /// <summary>Upright but at an unknown scale: cropped or padded.</summary>
    Scale,

    /// <summary>At an unknown scale and angle.</summary>
    Rotation,

    /// <summary>Upright or nearly so, at an unknown scale and aspect ratio or shear.</summary>
    Aspect,
}
