using System.Numerics;

namespace DctNet.Core.Cartoon.Faces;

/// <summary>Makes one face of the many detections that a network gives of it.</summary>
internal static class FaceMerger
{
    /// <summary>Detections with more overlap (intersection over union) are averaged: MediaPipe's setting for BlazeFace.</summary>
    private const float AverageOverlap = 0.3f;

    /// <summary>
    /// A weaker detection with this share of its own or the stronger one's area in common is dropped: half a face seen in a tile.
    /// </summary>
    private const float SameOverlap = 0.6f;

    /// <summary>Weighted non-maximum suppression; the most certain first.</summary>
    public static List<DetectedFace> Merge(List<DetectedFace> detections)
    {
        var rest = detections.OrderByDescending(face => face.Score).ToList();
        var merged = new List<DetectedFace>();
        while (rest.Count > 0)
        {
            // Taken out by hand: a box without area overlaps nothing, not even itself.
            var best = rest[0];
            rest.RemoveAt(0);
            merged.Add(Average(best, rest.Where(other => Union(best.Box, other.Box) > AverageOverlap).Prepend(best)));
            rest.RemoveAll(other => Union(best.Box, other.Box) > AverageOverlap || Contained(best.Box, other.Box) > SameOverlap);
        }

        return merged;
    }

    private static DetectedFace Average(DetectedFace best, IEnumerable<DetectedFace> group)
    {
        float sum = 0, x = 0, y = 0, width = 0, height = 0;
        Vector2 right = default, left = default, nose = default, mouth = default;
        foreach (var (box, score, points) in group)
        {
            sum += score;
            x += box.X * score;
            y += box.Y * score;
            width += box.Width * score;
            height += box.Height * score;
            right += points.RightEye * score;
            left += points.LeftEye * score;
            nose += points.Nose * score;
            mouth += points.Mouth * score;
        }

        return new DetectedFace(
            new FaceBox(x / sum, y / sum, width / sum, height / sum),
            best.Score,
            new FaceLandmarks(right / sum, left / sum, nose / sum, mouth / sum));
    }

    private static float Union(in FaceBox a, in FaceBox b)
    {
        var both = a.Intersection(b);
        return both / (a.Area + b.Area - both);
    }

    private static float Contained(in FaceBox a, in FaceBox b) => a.Intersection(b) / MathF.Min(a.Area, b.Area);
}
