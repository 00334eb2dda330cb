using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using DctNet.Core.Inference;

namespace DctNet.Core.Cartoon.Faces;

/// <summary>
/// One run of BlazeFace over a square cut from a picture. Input float32 [1, S, S, 3], R, G, B, −1..1. Two grids of anchors sit at cell
/// centres, 16 × 16 cells with 2 anchors and 8 × 8 with 6; each anchor has a score (a logit) and 16 numbers in input pixels: the box's
/// centre from the anchor, its width and height, then six points from the anchor (right eye, left eye, nose, mouth, two ears).
/// </summary>
internal static class BlazeFaceNetwork
{
    public const string Input = "input:0";

    /// <summary>Side of the input in pixels.</summary>
    public const int InputSize = 256;

    /// <summary>Detections less certain are not returned; portraits score 0.6 to 0.9.</summary>
    private const float ScoreThreshold = 0.5f;

    private const int NumbersPerAnchor = 16;

    private static readonly Grid[] s_grids = [new("Identity:0", "Identity_2:0", 16, 2), new("Identity_1:0", "Identity_3:0", 8, 6)];

    /// <summary>Looks at one square of a picture.</summary>
    /// <param name="network">The network.</param>
    /// <param name="picture">The reduced picture.</param>
    /// <param name="left">The square's left edge; may be negative, then the picture lies inside the square.</param>
    /// <param name="top">The square's top edge, likewise.</param>
    /// <param name="scale">From the reduced picture to the one whose coordinates the caller wants.</param>
    /// <param name="detections">Receives what is found.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public static void Detect(
        NetworkSession network,
        FloatImage picture,
        int left,
        int top,
        Vector2 scale,
        List<DetectedFace> detections,
        CancellationToken cancellationToken)
    {
        const int InputLength = InputSize * InputSize * FloatImage.Channels;
        var memory = ArrayPool<float>.Shared.Rent(InputLength + s_grids.Sum(grid => grid.Length * (NumbersPerAnchor + 1)));
        try
        {
            var input = memory.AsMemory(0, InputLength);
            Cut(picture, left, top, input.Span);
            var outputs = new NamedTensor[2 * s_grids.Length];
            var offset = InputLength;
            for (var i = 0; i < s_grids.Length; i++)
            {
                var grid = s_grids[i];
                outputs[2 * i] = new NamedTensor(grid.Scores, memory.AsMemory(offset, grid.Length), [1, grid.Length, 1]);
                offset += grid.Length;
                var numbers = memory.AsMemory(offset, grid.Length * NumbersPerAnchor);
                outputs[(2 * i) + 1] = new NamedTensor(grid.Boxes, numbers, [1, grid.Length, NumbersPerAnchor]);
                offset += numbers.Length;
            }

            network.Run([new NamedTensor(Input, input, [1, InputSize, InputSize, FloatImage.Channels])], outputs, cancellationToken);
            var interior = Interior(picture, left, top);
            for (var i = 0; i < s_grids.Length; i++)
            {
                var (scores, boxes) = (outputs[2 * i].Data, outputs[(2 * i) + 1].Data);
                Decode(s_grids[i], scores.Span, boxes.Span, new Vector2(left, top), scale, interior, detections);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(memory);
        }
    }

    /// <summary>Adds what one grid of anchors shows.</summary>
    internal static void Decode(
        in Grid grid,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<float> boxes,
        Vector2 corner,
        Vector2 scale,
        in FaceBox interior,
        List<DetectedFace> detections)
    {
        for (var k = 0; k < scores.Length; k++)
        {
            var score = 1f / (1f + MathF.Exp(-scores[k]));
            if (!(score >= ScoreThreshold))
            {
                continue;
            }

            var cell = k / grid.Anchors;
            var anchor = corner + (new Vector2((cell % grid.Cells) + 0.5f, (cell / grid.Cells) + 0.5f) * ((float)InputSize / grid.Cells));
            var numbers = boxes.Slice(k * NumbersPerAnchor, NumbersPerAnchor);
            var extent = new Vector2(numbers[2], numbers[3]);
            if (!(extent.X > 0 && extent.Y > 0 && float.IsFinite(TensorPrimitives.SumOfMagnitudes(numbers))))
            {
                continue; // A regression is free to give anything; a picture may be made to bring that about.
            }

            var from = anchor + new Vector2(numbers[0], numbers[1]) - (extent / 2);
            if (from.X < interior.X || from.Y < interior.Y || from.X + extent.X > interior.Right || from.Y + extent.Y > interior.Bottom)
            {
                continue;
            }

            var landmarks = new FaceLandmarks(
                anchor + new Vector2(numbers[4], numbers[5]),
                anchor + new Vector2(numbers[6], numbers[7]),
                anchor + new Vector2(numbers[8], numbers[9]),
                anchor + new Vector2(numbers[10], numbers[11]));
            if (landmarks.RightEye == landmarks.LeftEye)
            {
                continue;
            }

            var face = new DetectedFace(new FaceBox(from.X, from.Y, extent.X, extent.Y), score, landmarks);
            detections.Add(face.Scaled(scale));
        }
    }

    /// <summary>
    /// Where a face must lie to be whole: inside the square, except on sides where the square reaches the picture's own edge. Faces cut by
    /// a tile's edge are whole in the next tile.
    /// </summary>
    internal static FaceBox Interior(FloatImage picture, int left, int top)
    {
        const float Anywhere = 1e6f;
        var (x, y) = (left <= 0 ? -Anywhere : left, top <= 0 ? -Anywhere : top);
        var right = left + InputSize >= picture.Width ? Anywhere : left + InputSize;
        var bottom = top + InputSize >= picture.Height ? Anywhere : top + InputSize;
        return new FaceBox(x, y, right - x, bottom - y);
    }

    /// <summary>The square at (left, top), −1 (black) where the picture ends.</summary>
    internal static void Cut(FloatImage picture, int left, int top, Span<float> input)
    {
        input.Fill(-1f);
        var (firstX, lastX) = (Math.Max(0, left), Math.Min(picture.Width, left + InputSize));
        for (var y = Math.Max(0, top); y < Math.Min(picture.Height, top + InputSize); y++)
        {
            var source = picture.Row(y)[(firstX * 3)..(lastX * 3)];
            var target = input.Slice((((y - top) * InputSize) + firstX - left) * 3, source.Length);
            for (var i = 0; i < source.Length; i++)
            {
                target[i] = (source[i] * (1f / 127.5f)) - 1f;
            }
        }
    }

    /// <summary>One grid of anchors and the outputs that belong to it.</summary>
    internal readonly record struct Grid(string Scores, string Boxes, int Cells, int Anchors)
    {
        /// <summary>Anchors in the grid.</summary>
        public int Length => Cells * Cells * Anchors;
    }
}
