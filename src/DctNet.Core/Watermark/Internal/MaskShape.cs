namespace DctNet.Core.Watermark;

/// <summary>How a perceptual mask shares a mark out between flat areas, texture and the dark.</summary>
/// <param name="ActivityGain">How much the mark grows with a grey level of local deviation.</param>
/// <param name="Cap">Most it grows to, as a multiple of that in flat areas.</param>
/// <param name="DarkFloor">What is left of it in black.</param>
internal sealed record MaskShape(float ActivityGain, float Cap, float DarkFloor)
{
    /// <summary>
    /// Measured on 17 photos and cartoons at equal margin after resize ½ + JPEG 50: against 0.08 and 2.5 the mark in flat areas is a tenth
    /// weaker, at 0.3 dB less PSNR and better SSIM.
    /// </summary>
    public static readonly MaskShape Balanced = new(0.12f, 3, 0.75f);

    /// <summary>For pictures whose texture swallows the mark: everything to the flat areas that are not dark.</summary>
    public static readonly MaskShape Flat = new(0, 1, 0.5f);

    /// <summary>For pictures whose flat areas lose the mark to encoders: texture bears it.</summary>
    public static readonly MaskShape Textured = new(0.4f, 7, 0.75f);

    /// <summary>All of them, the usual one first.</summary>
    public static readonly MaskShape[] All = [Balanced, Flat, Textured];
}
