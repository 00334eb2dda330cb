namespace DctNet.ModelTools;

/// <summary>
/// A sum over a square window times a constant, zero beyond the border. Divided by the same of a picture of ones it is the mean of the
/// pixels that are there: an average pool. DCT-Net's guided filter is made of these.
/// </summary>
/// <param name="Input">The value that it reads.</param>
/// <param name="Side">Of the window.</param>
/// <param name="Factor">The constant.</param>
internal sealed record PendingBox(string Input, int Side, float Factor)
{
    /// <summary>True when factor × pixels in the window × map is 1 everywhere, to float16's precision.</summary>
    /// <param name="map">One number a pixel.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="width">Of the picture.</param>
    public bool IsMeanUnder(float[] map, int height, int width)
    {
        const float Precision = 2e-3f;
        var reach = Side / 2;
        for (var i = 0; i < map.Length; i++)
        {
            var (y, x) = (i / width, i % width);
            var rows = Math.Min(height - 1, y + reach) - Math.Max(0, y - reach) + 1;
            var columns = Math.Min(width - 1, x + reach) - Math.Max(0, x - reach) + 1;
            if (!(MathF.Abs((Factor * rows * columns * map[i]) - 1) < Precision))
            {
                return false;
            }
        }

        return true;
    }
}
