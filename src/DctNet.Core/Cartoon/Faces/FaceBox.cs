namespace DctNet.Core.Cartoon.Faces;

/// <summary>An upright rectangle in continuous pixel coordinates: pixel (x, y) covers [x, x+1) × [y, y+1).</summary>
public readonly record struct FaceBox(float X, float Y, float Width, float Height)
{
    public float Right => X + Width;

    public float Bottom => Y + Height;

    public float Area => Width * Height;

    /// <summary>The area that both cover, 0 when they are apart.</summary>
    public float Intersection(in FaceBox other)
    {
        var width = MathF.Min(Right, other.Right) - MathF.Max(X, other.X);
        var height = MathF.Min(Bottom, other.Bottom) - MathF.Max(Y, other.Y);
        return width > 0 && height > 0 ? width * height : 0;
    }
}
