namespace DctNet.Core.Imaging;

/// <summary>What a container declares about its picture: sides in pixels as stored, and whether it says that it moves.</summary>
internal readonly record struct DeclaredSize(long Width, long Height, bool Animated);
