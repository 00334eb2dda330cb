namespace DctNet.Evaluation;

/// <summary>Filters of a plane of numbers, row by row.</summary>
internal static class Planes
{
    /// <summary>Mean over a square window, cut at the borders, by running sums.</summary>
    public static float[] Box(float[] plane, int radius, int width, int height)
        => BoxColumns(BoxColumns(plane, radius, width, height), radius, height, width);

    /// <summary>The greatest value of the 3 × 3 pixels around each.</summary>
    public static float[] Grow(float[] plane, int width, int height)
    {
        var result = new float[plane.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var (x, y) = (i % width, i / width);
            for (var v = Math.Max(0, y - 1); v <= Math.Min(height - 1, y + 1); v++)
            {
                for (var u = Math.Max(0, x - 1); u <= Math.Min(width - 1, x + 1); u++)
                {
                    result[i] = Math.Max(result[i], plane[(v * width) + u]);
                }
            }
        }

        return result;
    }

    /// <summary>Smooths a plane but at the edges of its guide: He, Sun and Tang, "Guided image filtering" (2010).</summary>
    public static float[] Guide(float[] plane, float[] guide, int radius, float epsilon, int width, int height)
    {
        float[] Mean(Func<int, float> value) => Box([.. Enumerable.Range(0, plane.Length).Select(value)], radius, width, height);

        var (mean, meanGuide) = (Box(plane, radius, width, height), Box(guide, radius, width, height));
        var (product, square) = (Mean(i => plane[i] * guide[i]), Mean(i => guide[i] * guide[i]));
        var slope = new float[plane.Length];
        for (var i = 0; i < slope.Length; i++)
        {
            slope[i] = (product[i] - (mean[i] * meanGuide[i])) / (square[i] - (meanGuide[i] * meanGuide[i]) + epsilon);
        }

        var (meanSlope, meanOffset) = (Box(slope, radius, width, height), Mean(i => mean[i] - (slope[i] * meanGuide[i])));
        return [.. Enumerable.Range(0, plane.Length).Select(i => (meanSlope[i] * guide[i]) + meanOffset[i])];
    }

    // Along columns, and the result transposed: two calls make a square window.
    private static float[] BoxColumns(float[] plane, int radius, int width, int height)
    {
        var result = new float[plane.Length];
        for (var x = 0; x < width; x++)
        {
            var (sum, count) = (0.0, 0);
            for (var y = -radius; y < height; y++)
            {
                if (y + radius < height)
                {
                    (sum, count) = (sum + plane[((y + radius) * width) + x], count + 1);
                }

                if (y - radius - 1 >= 0)
                {
                    (sum, count) = (sum - plane[((y - radius - 1) * width) + x], count - 1);
                }

                if (y >= 0)
                {
                    result[(x * height) + y] = (float)(sum / count);
                }
            }
        }

        return result;
    }
}
