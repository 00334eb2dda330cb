namespace DctNet.Training;

/// <summary>A square part of a picture.</summary>
internal readonly record struct Crop(int X, int Y, int Side)
{
    /// <summary>Copies the part into planar <c>[3, side, side]</c>, −1..1.</summary>
    public void Copy(byte[] rgb, int width, Span<float> planes)
    {
        var plane = Side * Side;
        for (var y = 0; y < Side; y++)
        {
            var line = rgb.AsSpan((((Y + y) * width) + X) * 3, Side * 3);
            for (var x = 0; x < Side; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    planes[(c * plane) + (y * Side) + x] = (line[(x * 3) + c] / 127.5f) - 1;
                }
            }
        }
    }
}
