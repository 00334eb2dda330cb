namespace DctNet.Training;

/// <summary>A square part of a picture, perhaps mirrored.</summary>
internal readonly record struct Crop(int X, int Y, int Size, bool Mirrored)
{
    /// <summary>Copies the part into planar <c>[3, side, side]</c>, −1..1; a larger part is reduced with a triangle filter.</summary>
    public void Copy(byte[] rgb, int width, Span<float> planes, int side)
    {
        var taps = Taps(side);
        var rows = new float[Size * side * 3];
        for (var y = 0; y < Size; y++)
        {
            var line = rgb.AsSpan((((Y + y) * width) + X) * 3, Size * 3);
            for (var x = 0; x < side; x++)
            {
                var (first, weights) = taps[Mirrored ? side - 1 - x : x];
                float r = 0, g = 0, b = 0;
                for (var t = 0; t < weights.Length; t++)
                {
                    var i = (first + t) * 3;
                    r += weights[t] * line[i];
                    g += weights[t] * line[i + 1];
                    b += weights[t] * line[i + 2];
                }

                var o = ((y * side) + x) * 3;
                (rows[o], rows[o + 1], rows[o + 2]) = (r, g, b);
            }
        }

        for (var y = 0; y < side; y++)
        {
            var (first, weights) = taps[y];
            for (var x = 0; x < side; x++)
            {
                float r = 0, g = 0, b = 0;
                for (var t = 0; t < weights.Length; t++)
                {
                    var i = (((first + t) * side) + x) * 3;
                    r += weights[t] * rows[i];
                    g += weights[t] * rows[i + 1];
                    b += weights[t] * rows[i + 2];
                }

                var o = (y * side) + x;
                planes[o] = (r / 127.5f) - 1;
                planes[o + (side * side)] = (g / 127.5f) - 1;
                planes[o + (2 * side * side)] = (b / 127.5f) - 1;
            }
        }
    }

    private (int First, float[] Weights)[] Taps(int side)
    {
        var scale = (float)Size / side;
        var taps = new (int, float[])[side];
        for (var i = 0; i < side; i++)
        {
            var centre = ((i + 0.5f) * scale) - 0.5f;
            var first = Math.Max(0, (int)MathF.Ceiling(centre - scale));
            var last = Math.Min(Size - 1, (int)MathF.Floor(centre + scale));
            var weights = new float[last - first + 1];
            var sum = 0f;
            for (var t = 0; t < weights.Length; t++)
            {
                weights[t] = 1 - (MathF.Abs(first + t - centre) / scale);
                sum += weights[t];
            }

            for (var t = 0; t < weights.Length; t++)
            {
                weights[t] /= sum;
            }

            taps[i] = (first, weights);
        }

        return taps;
    }
}
