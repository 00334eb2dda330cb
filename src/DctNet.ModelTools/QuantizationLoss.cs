namespace DctNet.ModelTools;

/// <summary>One photo in one style, drawn by both networks.</summary>
/// <param name="Ssim">Luma, Gaussian σ 1.5, range 255, between the two drawings.</param>
/// <param name="PsnrDb">Between the two drawings, peak 255.</param>
/// <param name="MillisecondsBefore">Median of five runs in turns.</param>
/// <param name="MillisecondsAfter">As before, of the reduced network.</param>
public sealed record QuantizationLoss(double Ssim, double PsnrDb, double MillisecondsBefore, double MillisecondsAfter);
