using System.Buffers;
using System.Numerics.Tensors;

namespace DctNet.Core.Watermark;

/// <summary>
/// Separable resizing to pixel-centre conventions: exact area weights when an axis shrinks, Catmull-Rom (cubic, a = −½) when it
/// grows, a copy when it stays.
/// </summary>
internal static class Resampler
{
    public static Plane Resize<TRows>(TRows source, int width, int height)
        where TRows : struct, IRowSource
    {
        var target = new Plane(width, height);
        if ((width, height) == (source.Width, source.Height))
        {
            for (var y = 0; y < height; y++)
            {
                source.Row(y, target.Row(y)).CopyTo(target.Row(y));
            }

            return target;
        }

        var horizontal = new ResampleTaps(source.Width, width);
        var vertical = new ResampleTaps(source.Height, height);
        var buffer = ArrayPool<float>.Shared.Rent(2 * source.Width);
        var scratch = buffer.AsSpan(0, source.Width);
        var blended = buffer.AsSpan(source.Width, source.Width);
        for (var y = 0; y < height; y++)
        {
            var start = vertical.Start(y);
            var weights = vertical.Weights(y);
            TensorPrimitives.Multiply(source.Row(start, scratch), weights[0], blended);
            for (var i = 1; i < weights.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(source.Row(start + i, scratch), weights[i], blended, blended);
            }

            horizontal.Apply(blended, target.Row(y));
        }

        ArrayPool<float>.Shared.Return(buffer);
        return target;
    }
}
