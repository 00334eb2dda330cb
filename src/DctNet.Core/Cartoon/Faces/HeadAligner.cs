using System.Numerics;
using DctNet.Core.Imaging;

namespace DctNet.Core.Cartoon.Faces;

/// <summary>Brings a head to the size and position that DCT-Net's head pass was trained on.</summary>
public static class HeadAligner
{
    /// <summary>Width and height of an aligned head in pixels.</summary>
    public const int HeadSize = 288;

    /// <summary>
    /// Where eyes, nose and mouth go in the aligned head: DCT-Net's own reference points. It names two mouth corners; the detector here
    /// gives the mouth's centre, whose target is their mean.
    /// </summary>
    private static readonly Vector2[] s_targets =
    [
        new(111.78f, 137.63f),
        new(179.74f, 137.25f),
        new(145.98f, 176.28f),
        (new Vector2(118.06f, 216.06f) + new Vector2(174.34f, 215.75f)) / 2,
    ];

    /// <summary>The transform from the picture to the aligned head.</summary>
    public static SimilarityTransform PictureToHead(in FaceLandmarks landmarks) =>
        SimilarityTransform.Estimate([landmarks.RightEye, landmarks.LeftEye, landmarks.Nose, landmarks.Mouth], s_targets);

    /// <summary>
    /// Cuts one head out, <see cref="HeadSize"/> squared; where the picture ends, its edge repeats. The caller disposes the result.
    /// </summary>
    public static PixelBuffer Align(PixelBuffer picture, SimilarityTransform pictureToHead)
    {
        using var pixels = Resampler.ToFloat(picture, picture.Width, picture.Height);
        using var head = Align(pixels, pictureToHead);
        var result = new PixelBuffer(HeadSize, HeadSize, 3);
        Resampler.ToBytes(head, result);
        return result;
    }

    internal static FloatImage Align(FloatImage picture, SimilarityTransform pictureToHead)
    {
        var head = new FloatImage(HeadSize, HeadSize);
        Warper.Warp(picture, head, pictureToHead.Inverse());
        return head;
    }
}
