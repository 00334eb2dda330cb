using System.Numerics;
using DctNet.Core.Cartoon.Faces;

namespace DctNet.Training;

/// <summary>
/// Gives skin in the teacher's pictures the photo's lightness and chroma. The teacher paints dark skin light in most styles; the student
/// must not learn that.
/// </summary>
/// <remarks>
/// Deterministic, per photo and style: a mask of skin (near the face, and of the face's own chroma in the photo), its holes filled and its
/// border fitted to the target's edges by a guided filter (He et al. 2010); under it the target's luma is multiplied and its chroma
/// shifted by what brings its median skin colour to the photo's (BT.601, full range). A gain keeps black lines black. Everybody's skin is
/// treated so, light or dark: then no one is lightened more than another. A grey target, a pencil drawing, has no skin colour and is
/// left alone; so is a picture without a face.
/// </remarks>
internal static class FairTarget
{
    /// <summary>Centre and semi-axes of a face in an aligned head, in pixels: brow to chin, cheek to cheek.</summary>
    private static readonly Vector2 s_centre = new(146, 168);
    private static readonly Vector2 s_axes = new(70, 92);

    /// <summary>Up to this part of the ellipse a pixel is face whatever the photo shows (mouth, glasses); medians are taken here.</summary>
    private const float InnerPart = 0.8f;

    /// <summary>At this multiple of the ellipse skin is no longer looked for; ears, neck and shoulders lie before it.</summary>
    private const float Reach = 2.6f;

    /// <summary>Standard deviation of skin chroma within one photo, in levels of 255.</summary>
    private const float ChromaDeviation = 11;

    /// <summary>Distance of the median from grey under which a target counts as a drawing without colour, in levels of 255.</summary>
    private const float GreyChroma = 2;

    /// <summary>Radius in pixels of the box filters that fill holes, and what their sum is scaled by.</summary>
    private const int FillRadius = 5;
    private const float FillGain = 2;
    private const float FillOffset = 0.3f;

    /// <summary>Radius in pixels and regularisation in squared levels of the guided filter.</summary>
    private const int GuideRadius = 8;
    private const float GuideEpsilon = 150;

    /// <summary>Luma under which there is no room for all of the chroma shift; lines would be tinted.</summary>
    private const float FullChromaLuma = 64;

    /// <summary>The corrected targets of a pair, one a style, 8-bit RGB.</summary>
    public static IReadOnlyList<byte[]> Correct(PairFile pair)
    {
        var photo = pair.Read(0).Photo;
        var targets = Enumerable.Range(0, pair.Styles.Length).Select(style => pair.Read(style).Target).ToList();
        if (pair.Faces <= 0)
        {
            return targets;
        }

        var colours = ToYcc(photo);
        var distance = FaceDistance(pair);
        var inner = Enumerable.Range(0, distance.Length).Where(i => distance[i] < InnerPart).ToArray();
        if (inner.Length == 0)
        {
            return targets;
        }

        var skin = Median(colours, inner);
        var likely = inner.Where(i => Likeness(colours[i], skin) > 0.5f).ToArray();
        var wanted = Median(colours, likely);
        var mask = SkinMask(colours, wanted, distance, pair.Width, pair.Height);
        foreach (var target in targets)
        {
            Correct(target, mask, wanted, likely, pair.Width, pair.Height);
        }

        return targets;
    }

    private static void Correct(byte[] target, float[] mask, Vector3 wanted, int[] skinPixels, int width, int height)
    {
        var colours = ToYcc(target);
        var skin = Median(colours, skinPixels);
        if (new Vector2(skin.Y, skin.Z).Length() < GreyChroma)
        {
            return;
        }

        var fitted = GuidedFilter(mask, [.. colours.Select(colour => colour.X)], width, height);
        var gain = wanted.X / Math.Max(1, skin.X);
        for (var i = 0; i < fitted.Length; i++)
        {
            var weight = Math.Clamp(fitted[i], 0, 1);
            if (weight < 0.01f)
            {
                continue;
            }

            var colour = colours[i];
            var luma = colour.X * (1 + (weight * (gain - 1)));
            var chroma = weight * Math.Min(1, luma / FullChromaLuma);
            var (cb, cr) = (colour.Y + (chroma * (wanted.Y - skin.Y)), colour.Z + (chroma * (wanted.Z - skin.Z)));
            target[i * 3] = ToByte(luma + (1.402f * cr));
            target[(i * 3) + 1] = ToByte(luma - (0.344136f * cb) - (0.714136f * cr));
            target[(i * 3) + 2] = ToByte(luma + (1.772f * cb));
        }
    }

    private static float[] SkinMask(Vector3[] photo, Vector3 skin, float[] distance, int width, int height)
    {
        var mask = new float[photo.Length];
        for (var i = 0; i < mask.Length; i++)
        {
            var near = Math.Clamp(Reach - distance[i], 0, 1);
            mask[i] = distance[i] < InnerPart ? 1 : near * Likeness(photo[i], skin);
        }

        var filled = Box(Box(mask, FillRadius, width, height), FillRadius, width, height);
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = Math.Clamp((FillGain * filled[i]) - FillOffset, 0, 1);
        }

        return mask;
    }

    /// <summary>For every pixel how many times the face's ellipse must grow to reach it.</summary>
    private static float[] FaceDistance(PairFile pair)
    {
        var marks = pair.Landmarks;
        var toHead = HeadAligner.PictureToHead(new FaceLandmarks(
            new(marks[0], marks[1]), new(marks[2], marks[3]), new(marks[4], marks[5]), new(marks[6], marks[7])));
        var distance = new float[pair.Width * pair.Height];
        for (var i = 0; i < distance.Length; i++)
        {
            var point = new Vector2((i % pair.Width) + 0.5f, (i / pair.Width) + 0.5f);
            distance[i] = ((toHead.Apply(point) - s_centre) / s_axes).Length();
        }

        return distance;
    }

    /// <summary>1 for the same chroma, falling like a Gaussian.</summary>
    private static float Likeness(Vector3 a, Vector3 b)
    {
        var difference = new Vector2(a.Y - b.Y, a.Z - b.Z);
        return MathF.Exp(-difference.LengthSquared() / (2 * ChromaDeviation * ChromaDeviation));
    }

    private static Vector3 Median(Vector3[] colours, int[] pixels)
    {
        return new Vector3(Middle(c => c.X), Middle(c => c.Y), Middle(c => c.Z));

        float Middle(Func<Vector3, float> part)
        {
            var values = pixels.Select(i => part(colours[i])).ToArray();
            Array.Sort(values);
            return values[values.Length / 2];
        }
    }

    private static float[] GuidedFilter(float[] input, float[] guide, int width, int height)
    {
        float[] Mean(Func<int, float> value)
            => Box([.. Enumerable.Range(0, input.Length).Select(value)], GuideRadius, width, height);

        var (meanInput, meanGuide) = (Mean(i => input[i]), Mean(i => guide[i]));
        var (product, square) = (Mean(i => input[i] * guide[i]), Mean(i => guide[i] * guide[i]));
        var slope = new float[input.Length];
        for (var i = 0; i < slope.Length; i++)
        {
            slope[i] = (product[i] - (meanInput[i] * meanGuide[i])) / (square[i] - (meanGuide[i] * meanGuide[i]) + GuideEpsilon);
        }

        var (meanSlope, meanOffset) = (Mean(i => slope[i]), Mean(i => meanInput[i] - (slope[i] * meanGuide[i])));
        return [.. Enumerable.Range(0, input.Length).Select(i => (meanSlope[i] * guide[i]) + meanOffset[i])];
    }

    /// <summary>Mean over a square window, cut at the borders, by running sums.</summary>
    private static float[] Box(float[] plane, int radius, int width, int height)
        => BoxColumns(BoxColumns(plane, radius, width, height), radius, height, width);

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

    /// <summary>Y 0..255, Cb and Cr −128..127.</summary>
    private static Vector3[] ToYcc(byte[] rgb)
    {
        var colours = new Vector3[rgb.Length / 3];
        for (var i = 0; i < colours.Length; i++)
        {
            var (r, b) = (rgb[i * 3], rgb[(i * 3) + 2]);
            var luma = (0.299f * r) + (0.587f * rgb[(i * 3) + 1]) + (0.114f * b);
            colours[i] = new Vector3(luma, (b - luma) / 1.772f, (r - luma) / 1.402f);
        }

        return colours;
    }

    private static byte ToByte(float value) => (byte)Math.Clamp(MathF.Round(value), 0, 255);
}
