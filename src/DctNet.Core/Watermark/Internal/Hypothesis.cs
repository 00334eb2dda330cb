namespace DctNet.Core.Watermark;

/// <summary>A place where a mark of one key may be, before its payload is read.</summary>
internal sealed record Hypothesis(PictureView View, LatticePose Pose, LatticeSample Sample, KeySchedule Schedule, PilotPeak Peak);
