using System.Numerics;

namespace DctNet.Core.Cartoon.Faces;

/// <summary>A face found in a picture.</summary>
/// <param name="Box">Brow to chin, about ear to ear; may reach over the picture's edge.</param>
/// <param name="Score">The detector's confidence, 0..1.</param>
/// <param name="Landmarks">Eyes, nose, mouth.</param>
public readonly record struct DetectedFace(FaceBox Box, float Score, FaceLandmarks Landmarks)
{
    /// <summary>The same face in a picture resized by these factors.</summary>
    internal DetectedFace Scaled(Vector2 factor) => new(
        new FaceBox(Box.X * factor.X, Box.Y * factor.Y, Box.Width * factor.X, Box.Height * factor.Y),
        Score,
        new FaceLandmarks(Landmarks.RightEye * factor, Landmarks.LeftEye * factor, Landmarks.Nose * factor, Landmarks.Mouth * factor));
}
