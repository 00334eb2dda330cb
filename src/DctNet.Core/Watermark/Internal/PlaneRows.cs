namespace DctNet.Core.Watermark;

/// <summary>The rows of a plane.</summary>
internal readonly struct PlaneRows(Plane plane) : IRowSource
{
    public int Width => plane.Width;

    public int Height => plane.Height;

    public ReadOnlySpan<float> Row(int y, Span<float> scratch) => plane.Row(y);
}
