using DctNet.Core.Watermark;

namespace DctNet.Evaluation;

/// <summary>One attack on one marked picture.</summary>
/// <param name="Attack">What was done to it.</param>
/// <param name="Recovered">Whether the exact id was found.</param>
/// <param name="WrongId">Whether another id was found, which is a false positive.</param>
/// <param name="Path">The step that found it, or the last one tried.</param>
/// <param name="Content">What the perceptual hash of the marked picture said, where the mark was found.</param>
/// <param name="Milliseconds">Time of the detection.</param>
public sealed record Trial(Attack Attack, bool Recovered, bool WrongId, DetectPath Path, ContentMatch Content, double Milliseconds);
