using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.ModelTools;

/// <summary>Photos as a stylizer takes them, whatever its inputs are called.</summary>
internal static class Stylizer
{
    /// <summary>A photo, and the vector of each of the network's styles; a single null where it has none.</summary>
    public sealed record Input(int Height, int Width, NamedTensor Picture, IReadOnlyList<NamedTensor?> Styles)
    {
        /// <summary>Runs a network of these inputs, or of the picture alone.</summary>
        public IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, NamedTensor? style, IReadOnlyCollection<string> outputs)
        {
            NamedTensor[] tensors = style is { } vector ? [Picture, vector] : [Picture];
            OrtValue[] values = [.. tensors.Select(tensor => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensor.Data, tensor.Shape))];
            try
            {
                using var run = new RunOptions();
                return session.Run(run, [.. tensors.Select(tensor => tensor.Name)], values, outputs);
            }
            finally
            {
                Array.ForEach(values, value => value.Dispose());
            }
        }
    }

    public static Input Inputs(InferenceSession session, PixelBuffer photo, int shortSide, int multiple)
    {
        var image = session.InputMetadata.FirstOrDefault(input => input.Value.Dimensions is [_, _, 3] or [_, _, _, 3]).Key
            ?? throw new ModelFormatException("it has no input [H, W, 3] or [N, H, W, 3]");
        var style = session.InputMetadata.FirstOrDefault(input => input.Key != image);
        var scale = Math.Min(1.0, (double)shortSide / Math.Min(photo.Width, photo.Height));
        var (width, height) = (Side(photo.Width), Side(photo.Height));
        if (width <= 0 || height <= 0)
        {
            throw new ModelFormatException($"a photo has a side under {multiple} pixels");
        }

        using var small = ImageResizer.Resize(photo, (int)Math.Round(photo.Width * scale), (int)Math.Round(photo.Height * scale));
        var bgr = image == GraphConverter.Input;
        var pixels = new float[height * width * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (c, x, y) = (i % 3, i / 3 % width, i / 3 / width);
            pixels[i] = small.Span[(y * small.Stride) + (x * small.Channels) + (bgr ? 2 - c : c)];
        }

        long[] size = session.InputMetadata[image].Dimensions.Length == 3 ? [height, width, 3] : [1, height, width, 3];
        var picture = new NamedTensor(image, pixels, size);
        if (style.Key is null)
        {
            return new Input(height, width, picture, [null]);
        }

        long[] shape = [.. style.Value.Dimensions.Select(side => (long)Math.Max(side, 1))];
        var count = (int)shape.Aggregate(1L, (a, b) => a * b);
        return new Input(height, width, picture, [.. Enumerable.Range(0, count).Select(i =>
        {
            var weights = new float[count];
            weights[i] = 1;
            return (NamedTensor?)new NamedTensor(style.Key, weights, shape);
        })]);

        int Side(int side) => (int)Math.Round(side * scale) / multiple * multiple;
    }

    /// <summary>BT.601, whichever end red is at: what is compared is two pictures of one order.</summary>
    public static float[] Luma(float[] picture) =>
        [.. Enumerable.Range(0, picture.Length / 3).Select(i => (0.299f * picture[i * 3]) + (0.587f * picture[(i * 3) + 1]) + (0.114f * picture[(i * 3) + 2]))];
}
