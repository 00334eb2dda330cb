using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Tests.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

/// <summary>
/// An independent witness of where a portrait's face is: OpenCV's YuNet (Wu et al. 2023), beside the repository. Input B, G, R, 0..255,
/// sides multiples of 32; per stride a grid of cells with class and object scores and a box: centre from the cell, logarithm of its size.
/// </summary>
internal sealed class YuNet : IDisposable
{
    private const int LongSide = 640;
    private const int SizeMultiple = 32;
    private static readonly int[] s_strides = [8, 16, 32];

    private readonly NetworkSession _network = NetworkSession.Open(
        Path.Combine(Pictures.Shared("models", "face"), "yunet_n_dynamic.onnx"), new InferenceOptions { IntraOpThreads = 1 }).Value();

    public void Dispose() => _network.Dispose();

    /// <summary>The face that it is most certain of, and how certain, 0..1.</summary>
    public (FaceBox Box, float Score) Best(PixelBuffer picture)
    {
        var scale = Math.Min(1f, (float)LongSide / Math.Max(picture.Width, picture.Height));
        using var small = ImageResizer.Resize(picture, (int)(picture.Width * scale), (int)(picture.Height * scale));
        var (width, height) = (Padded(small.Width), Padded(small.Height));
        var input = new float[3 * width * height];
        for (var i = 0; i < small.Length; i++)
        {
            var (x, y, c) = (i / 3 % small.Width, i / 3 / small.Width, i % 3);
            input[((2 - c) * width * height) + (y * width) + x] = small.Span[i];
        }

        var grids = s_strides.Select(stride => (Stride: stride, Columns: width / stride, Cells: width / stride * (height / stride))).ToList();
        var outputs = grids.SelectMany(grid => new[] { Output("cls", grid, 1), Output("obj", grid, 1), Output("bbox", grid, 4) }).ToArray();
        _network.Run([new NamedTensor("input", input, [1, 3, height, width])], outputs, TestContext.Current.CancellationToken);

        var best = (Box: default(FaceBox), Score: 0f);
        for (var g = 0; g < grids.Count; g++)
        {
            var (stride, columns, cells) = grids[g];
            ReadOnlySpan<float> classes = outputs[3 * g].Data.Span, objects = outputs[(3 * g) + 1].Data.Span, boxes = outputs[(3 * g) + 2].Data.Span;
            for (var i = 0; i < cells; i++)
            {
                var score = MathF.Sqrt(Math.Clamp(classes[i], 0, 1) * Math.Clamp(objects[i], 0, 1));
                if (score > best.Score)
                {
                    var (w, h) = (MathF.Exp(boxes[(4 * i) + 2]) * stride, MathF.Exp(boxes[(4 * i) + 3]) * stride);
                    var (x, y) = (((i % columns) + boxes[4 * i]) * stride, ((i / columns) + boxes[(4 * i) + 1]) * stride);
                    best = (new FaceBox((x - (w / 2)) / scale, (y - (h / 2)) / scale, w / scale, h / scale), score);
                }
            }
        }

        return best;

        static NamedTensor Output(string name, (int Stride, int Columns, int Cells) grid, int numbers)
            => new($"{name}_{grid.Stride}", new float[grid.Cells * numbers], [1, grid.Cells, numbers]);

        static int Padded(int side) => (side + SizeMultiple - 1) / SizeMultiple * SizeMultiple;
    }
}
