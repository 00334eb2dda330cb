using System.Numerics;

namespace DctNet.Core.Cartoon.Faces;

/// <summary>Four points of a face in continuous pixel coordinates. Right and left are the person's own.</summary>
/// <param name="RightEye">The centre of the eye that is on the picture's left in a frontal, upright face.</param>
/// <param name="LeftEye">The centre of the other eye.</param>
/// <param name="Nose">The tip of the nose.</param>
/// <param name="Mouth">The centre of the mouth.</param>
public readonly record struct FaceLandmarks(Vector2 RightEye, Vector2 LeftEye, Vector2 Nose, Vector2 Mouth);
