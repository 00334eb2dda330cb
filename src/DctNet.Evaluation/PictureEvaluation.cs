using DctNet.Core.Watermark;

namespace DctNet.Evaluation;

/// <summary>What became of one picture.</summary>
/// <param name="Name">File name without its extension.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Embedding">How the mark went in.</param>
/// <param name="EmbedMilliseconds">Time of embedding.</param>
/// <param name="Unmarked">What the detector said of the picture before it was marked.</param>
/// <param name="UnmarkedMilliseconds">Time of that: the search that goes all the way.</param>
/// <param name="Trials">Every attack; empty where the picture is too small to be marked.</param>
public sealed record PictureEvaluation(
    string Name,
    int Width,
    int Height,
    EmbedResult Embedding,
    double EmbedMilliseconds,
    DetectResult Unmarked,
    double UnmarkedMilliseconds,
    IReadOnlyList<Trial> Trials)
{
    public int ShortSide => Math.Min(Width, Height);
}
