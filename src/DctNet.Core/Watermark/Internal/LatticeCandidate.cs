namespace DctNet.Core.Watermark;

/// <summary>A pose whose carrier lattice stands out by so many standard deviations.</summary>
internal readonly record struct LatticeCandidate(float Score, LatticePose Pose);
