namespace DctNet.Core.Watermark;

/// <summary>What embedding did to a picture.</summary>
/// <param name="Marked">False when the picture was left as it was; then <paramref name="Reason"/> says why.</param>
/// <param name="Reason">Null exactly when marked.</param>
/// <param name="Id">The id asked for.</param>
/// <param name="KeyId">Public id of the key used.</param>
/// <param name="PsnrDb">RGB, peak 255, over the pixels that are not fully transparent; infinite when nothing was changed.</param>
/// <param name="Ssim">Luma, Gaussian σ = 1.5, range 255; 1 when nothing was changed.</param>
/// <param name="Strength">Root mean square of the mark in flat areas, in grey levels; 0 when not marked.</param>
/// <param name="MarginDb">
/// How far the payload is predicted to be above the decoding threshold after the edits the strength is planned for, in decibels. If it
/// is under the margin asked for, the limits on distortion left no more room.
/// </param>
/// <param name="ParentId">The id of an older mark that was taken out first. PSNR and SSIM are counted from then on.</param>
public sealed record EmbedResult(
    bool Marked,
    string? Reason,
    WatermarkId Id,
    string KeyId,
    double PsnrDb,
    double Ssim,
    double Strength,
    double MarginDb,
    WatermarkId? ParentId = null);
