using System.Numerics;
using DctNet.Core.Cartoon.Faces;

namespace DctNet.Evaluation;

/// <summary>
/// A teacher's pictures of one photo with the skin no lighter than is fair: DCT-Net paints dark skin light in most styles, anime most of all.
/// The student learns from these and is measured against these.
/// </summary>
/// <remarks>
/// A style may lighten skin, but everybody's alike: by no more than <see cref="RoomOf"/> its median may be lighter than the photo's. What
/// is under that, most pictures of light-skinned people in most styles, is left as the teacher painted it. The excess is taken off by a gain
/// per RGB channel, which keeps black lines black and shading in proportion. It is applied under a mask: pixels whose colours, in the photo
/// and in the target, are the face's rather than the surroundings'. Whites of eyes and teeth stay white. A grey target, a pencil drawing,
/// has no skin colour and is left alone.
/// </remarks>
public sealed class FairTarget
{
    /// <summary>Changes whenever the same teacher picture would be corrected otherwise.</summary>
    public const int Version = 5;

    /// <summary>Centre and semi-axes of a face in an aligned head, in pixels: brow to chin, cheek to cheek.</summary>
    private static readonly Vector2 s_centre = new(146, 168);
    private static readonly Vector2 s_axes = new(70, 92);

    /// <summary>Where an aligned head has whites, and how far around: eyes, drawn larger than they are, and the mouth.</summary>
    private static readonly (Vector2 Centre, Vector2 Axes)[] s_features =
        [(new(112, 138), new(30, 20)), (new(180, 138), new(30, 20)), (new(146, 216), new(42, 24))];

    /// <summary>Up to this part of the ellipse a pixel is face if its colour is the face's; medians are taken here.</summary>
    private const float InnerPart = 0.8f;

    /// <summary>From this multiple of the ellipse on a pixel counts as surroundings at first, and at the other skin is not looked for.</summary>
    private const float OuterPart = 1.35f;
    private const float Reach = 2.6f;

    // How far place and colour can speak for skin or against it, as logarithms of odds. The target's colours count most: its faces are
    // painted more evenly than the photo's, whose highlights are far from skin in colour; inside the face these can say little against.
    private const float FaceEdge = 1.15f;
    private const float PlaceSlope = 6;
    private const float PlaceLow = -4;
    private const float PlaceHigh = 2.5f;
    private const float PhotoOdds = 2.5f;
    private const float PhotoLowInside = -1;
    private const float TargetGain = 1.5f;
    private const float TargetLow = -6;
    private const float TargetHigh = 4;
    private const int Rounds = 2;

    /// <summary>Standard deviations of skin within one photo, and within one target, in L*a*b*.</summary>
    private const float ChromaDeviation = 9;
    private const float LightnessDeviation = 20;
    private const float TargetDeviation = 15;

    /// <summary>Where fewer than one inner pixel in this many looks like skin, all of them are taken for it.</summary>
    private const int FewestLikely = 50;

    /// <summary>Radius in pixels and regularisation (L* as a part of 100, squared) of the guided filter.</summary>
    private const int GuideRadius = 3;
    private const float GuideEpsilon = 5e-4f;

    /// <summary>Distance of the median from grey under which a target counts as a drawing without colour.</summary>
    private const float GreyChroma = 3;

    /// <summary>How far in a* and b* corrected skin may be from the photo's.</summary>
    private const float ChromaRoom = 6;

    /// <summary>Skin that was lightened by this much more than is fair, in L*, gets the photo's own colour.</summary>
    private const float AshenExcess = 20;

    /// <summary>How much of the gain whites are spared.</summary>
    private const float WhiteSpared = 0.8f;

    private readonly int _width;
    private readonly int _height;
    private readonly Vector3[] _photo;
    private readonly float[] _distance;
    private readonly float[] _features;
    private readonly int[] _skinPixels;
    private readonly Vector3 _skin;

    /// <param name="photo">The photo as the teacher saw it: 8-bit RGB <c>[height, width, 3]</c>.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="face">The face, in the photo's pixels.</param>
    public FairTarget(ReadOnlySpan<byte> photo, int width, int height, in FaceLandmarks face)
    {
        (_width, _height, _photo) = (width, height, CieLab.Of(photo));
        (_distance, _features) = (new float[_photo.Length], new float[_photo.Length]);
        var toHead = HeadAligner.PictureToHead(face);
        for (var i = 0; i < _distance.Length; i++)
        {
            var point = toHead.Apply(new Vector2((i % width) + 0.5f, (i / width) + 0.5f));
            _distance[i] = ((point - s_centre) / s_axes).Length();
            _features[i] = s_features.Max(feature => Ramp(((point - feature.Centre) / feature.Axes).Length(), 1, 0.7f));
        }

        var inner = Enumerable.Range(0, _distance.Length).Where(i => _distance[i] < InnerPart).ToArray();
        if (inner.Length == 0)
        {
            _skinPixels = [];
            return;
        }

        var middle = Median(_photo, inner);
        int[] likely = [.. inner.Where(i => IsSkin(_photo[i] - middle))];
        _skinPixels = likely.Length * FewestLikely >= inner.Length ? likely : inner;
        _skin = Median(_photo, _skinPixels);
    }

    /// <summary>By how much a style may lighten skin, in L*.</summary>
    /// <remarks>
    /// DCT-Net lightens the skin of the lightest third of 80 photos by 1 (3d) to 11 (artstyle), in anime, where the whole picture is
    /// light, by 19; that of the darkest third by up to 48. With room for 5, the thirds still differed by 3.4 to 4.5 in three styles. 3d leaves
    /// dark skin as dark as it is; with room for 3 its thirds differed by 4.9.
    /// </remarks>
    public static float RoomOf(string style) => style switch { "anime" => 12, "3d" => 0, _ => 3 };

    /// <summary>The picture that the student should have painted.</summary>
    /// <param name="target">The teacher's picture of the photo, of the photo's size; unchanged.</param>
    /// <param name="style">The style's name.</param>
    public byte[] Correct(ReadOnlySpan<byte> target, string style)
    {
        var result = target.ToArray();
        if (_skinPixels.Length == 0)
        {
            return result;
        }

        var colours = CieLab.Of(target);
        var skin = Median(colours, _skinPixels);
        var wanted = Wanted(skin, RoomOf(style));
        if (Chroma(skin) < GreyChroma || skin.X <= wanted.X)
        {
            return result;
        }

        var gain = CieLab.ToRgb(wanted) / Vector3.Max(CieLab.ToRgb(skin), Vector3.One);
        var mask = Mask(colours, skin);
        for (var i = 0; i < mask.Length; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                var scaled = result[(i * 3) + c] * (1 + (mask[i] * (gain[c] - 1)));
                result[(i * 3) + c] = (byte)Math.Clamp(MathF.Round(scaled), 0, 255);
            }
        }

        return result;
    }

    private Vector3 Wanted(Vector3 skin, float room)
    {
        var difference = skin - _skin;
        var chroma = Math.Min(1, ChromaRoom / Math.Max(Chroma(difference), float.Epsilon));

        // What was painted as pale skin would turn ashen if it were only darkened.
        chroma *= Ramp(difference.X - room, AshenExcess, 0);
        return _skin + new Vector3(Math.Min(difference.X, room), difference.Y * chroma, difference.Z * chroma);
    }

    /// <summary>How much of the gain each pixel gets, 0..1.</summary>
    private float[] Mask(Vector3[] target, Vector3 skin)
    {
        var skinWeight = Skin(target, skin);
        var lightness = Array.ConvertAll(target, colour => colour.X / 100);

        // Grown by a pixel, so that no light rim is left between skin and the line around it.
        var grown = Planes.Grow(Planes.Box(skinWeight, 1, _width, _height), _width, _height);
        var mask = Planes.Guide(grown, lightness, GuideRadius, GuideEpsilon, _width, _height);
        var whites = Planes.Box(Whites(target, skin), 1, _width, _height);
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = Ramp(mask[i], 0.3f, 0.8f) * (1 - (WhiteSpared * whites[i]));
        }

        return mask;
    }

    /// <summary>The probability that a pixel is skin, by place and by both colours. The second round knows the first one's skin.</summary>
    private float[] Skin(Vector3[] target, Vector3 skin)
    {
        var (photoSkin, targetSkin) = (new float[target.Length], new float[target.Length]);
        foreach (var i in _skinPixels)
        {
            photoSkin[i] = 1;
            targetSkin[i] = Gauss((target[i] - skin).Length() / TargetDeviation);
        }

        var rest = Array.ConvertAll(_distance, distance => distance > OuterPart ? 1f : 0);
        for (var round = 0; round < Rounds; round++)
        {
            var (photoOdds, targetOdds) = (ColourOdds.Of(_photo, photoSkin, rest), ColourOdds.Of(target, targetSkin, rest));
            var probability = new float[target.Length];
            for (var i = 0; i < probability.Length; i++)
            {
                var place = Math.Clamp((FaceEdge - _distance[i]) * PlaceSlope, PlaceLow, PlaceHigh);
                var photo = Math.Clamp(photoOdds[i], _distance[i] < FaceEdge ? PhotoLowInside : -PhotoOdds, PhotoOdds);
                var odds = place + photo + Math.Clamp(TargetGain * targetOdds[i], TargetLow, TargetHigh);
                probability[i] = _distance[i] > Reach ? 0 : 1 / (1 + MathF.Exp(-odds));
            }

            (photoSkin, targetSkin, rest) = (probability, probability, Array.ConvertAll(probability, value => 1 - value));
        }

        return photoSkin;
    }

    /// <summary>Pixels near eyes and mouth that are about as light as the skin and have little of its colour.</summary>
    private float[] Whites(Vector3[] target, Vector3 skin)
    {
        var hue = skin with { X = 0 };
        var whites = new float[target.Length];
        for (var i = 0; i < whites.Length; i++)
        {
            var saturation = Vector3.Dot(target[i], hue) / hue.LengthSquared();
            whites[i] = _features[i] * Ramp(saturation, 0.6f, 0.3f) * Ramp(target[i].X / skin.X, 0.75f, 0.9f);
        }

        return whites;
    }

    private static bool IsSkin(Vector3 difference)
        => Gauss(Chroma(difference) / ChromaDeviation) * Gauss(difference.X / LightnessDeviation) > 0.4f;

    private static float Gauss(float deviations) => MathF.Exp(-deviations * deviations / 2);

    private static float Chroma(Vector3 lab) => new Vector2(lab.Y, lab.Z).Length();

    /// <summary>0 at one end, 1 at the other, straight between.</summary>
    private static float Ramp(float value, float zero, float one) => Math.Clamp((value - zero) / (one - zero), 0, 1);

    private static Vector3 Median(Vector3[] colours, int[] pixels)
    {
        return new Vector3(Middle(c => c.X), Middle(c => c.Y), Middle(c => c.Z));

        float Middle(Func<Vector3, float> part)
        {
            var values = Array.ConvertAll(pixels, i => part(colours[i]));
            Array.Sort(values);
            return values[values.Length / 2];
        }
    }
}
