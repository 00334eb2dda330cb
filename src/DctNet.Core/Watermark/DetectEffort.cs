namespace DctNet.Core.Watermark;

/// <summary>How far a detection looks before it says no.</summary>
public enum DetectEffort
{
    /// <summary>Any size, quarter turns and mirrors, and crops and paddings of pictures that stand upright.</summary>
    Fast,

    /// <summary>Also any rotation, changed aspect ratios and shears.</summary>
    Full,
}
