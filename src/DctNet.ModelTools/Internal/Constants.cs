namespace DctNet.ModelTools;

/// <summary>Arithmetic on constants: what a graph computes from weights and sizes alone.</summary>
internal static class Constants
{
    /// <summary>The result of an operation on constants; null where it is none that is computed here.</summary>
    public static Tensor? Compute(SourceNode node, Tensor[] inputs) => (node.Operation, inputs) switch
    {
        ("Identity" or "StopGradient" or "Snapshot", [var x]) => x,
        ("Cast", [var x]) => node.WholeNumbers ? Map(x, MathF.Truncate) : x,
        ("Add" or "AddV2" or "BiasAdd", [var a, var b]) => Broadcast(a, b, (x, y) => x + y),
        ("Sub", [var a, var b]) => Broadcast(a, b, (x, y) => x - y),
        ("Mul", [var a, var b]) => Broadcast(a, b, (x, y) => x * y),
        ("RealDiv", [var a, var b]) => Broadcast(a, b, node.WholeNumbers ? FloorDivide : (x, y) => x / y),
        ("FloorDiv", [var a, var b]) => Broadcast(a, b, FloorDivide),
        ("FloorMod", [var a, var b]) => Broadcast(a, b, (x, y) => x - (y * FloorDivide(x, y))),
        ("Maximum", [var a, var b]) => Broadcast(a, b, MathF.Max),
        ("Minimum", [var a, var b]) => Broadcast(a, b, MathF.Min),
        ("Neg", [var x]) => Map(x, value => -value),
        ("Sqrt", [var x]) => Map(x, MathF.Sqrt),
        ("Rsqrt", [var x]) => Map(x, value => 1 / MathF.Sqrt(value)),
        ("Reciprocal" or "Inv", [var x]) => Map(x, value => 1 / value),
        ("Fill", [var shape, { Values.Length: 1 } value]) => Filled(shape.ToIntegers(), value.Values[0]),
        ("OnesLike", [var x]) => Filled(x.Shape, 1),
        ("Reshape", [var x, var shape]) => new Tensor(Reshaped(shape.ToIntegers(), x.Values.Length), x.Values),
        ("ExpandDims", [var x, { Values.Length: 1 } axis]) => Expanded(x, axis.ToIntegers()[0]),
        ("Squeeze", [var x]) => new Tensor([.. x.Shape.Where(side => side != 1)], x.Values),
        ("Pack", _) when inputs.Length > 0 && node.Axis == 0 && inputs.All(x => x.Values.Length == 1) =>
            Tensor.Vector([.. inputs.Select(x => x.Values[0])]),
        ("ConcatV2", [.. var parts, _]) when parts.All(x => x.Shape.Length == 1) =>
            Joined(parts),
        ("StridedSlice", [{ Shape: [_] } x, var begin, var end, var stride]) => Slice(node, x, begin, end, stride),
        ("DepthwiseConv2dNative", [{ Shape: [1, _, _, _] } x, { Shape.Length: 4 } kernel]) => Filter(node, x, kernel),
        _ => null,
    };

    /// <summary>A target shape with its -1 filled in.</summary>
    public static int[] Reshaped(int[] shape, int count)
    {
        var known = Tensor.Count(shape.Where(side => side != -1));
        int[] result = [.. shape.Select(side => side == -1 && known > 0 ? count / known : side)];
        return Tensor.Count(result) == count ? result : throw new ModelFormatException("a constant is reshaped to another size");
    }

    /// <summary>TensorFlow's SAME and VALID: the output's side, and the pixels added before the first.</summary>
    public static (int Side, int Before) Window(int side, int kernel, int stride, string padding)
    {
        if (padding == "VALID")
        {
            return ((side - kernel + stride) / stride, 0);
        }

        var outer = (side + stride - 1) / stride;
        return (outer, Math.Max(0, ((outer - 1) * stride) + kernel - side) / 2);
    }

    private static Tensor Map(Tensor x, Func<float, float> function) => new(x.Shape, Array.ConvertAll(x.Values, value => function(value)));

    private static float FloorDivide(float x, float y) => MathF.Floor(x / y);

    private static Tensor Filled(int[] shape, float value)
    {
        var values = new float[Tensor.Count(shape)];
        values.AsSpan().Fill(value);
        return new Tensor(shape, values);
    }

    private static Tensor Joined(Tensor[] parts)
    {
        Tensor.Bounded(parts.Sum(x => (long)x.Values.Length));
        return Tensor.Vector([.. parts.SelectMany(x => x.Values)]);
    }

    private static Tensor Expanded(Tensor x, int axis)
    {
        var shape = x.Shape.ToList();
        var place = axis < 0 ? axis + shape.Count + 1 : axis;
        if (place < 0 || place > shape.Count)
        {
            throw new ModelFormatException("a dimension is added where there is none");
        }

        shape.Insert(place, 1);
        Tensor.Count(shape);
        return new Tensor([.. shape], x.Values);
    }

    private static Tensor Broadcast(Tensor a, Tensor b, Func<float, float, float> function)
    {
        var rank = Math.Max(a.Shape.Length, b.Shape.Length);
        var shape = new int[rank];
        var (strideA, strideB) = (new int[rank], new int[rank]);
        var (stepA, stepB) = (1, 1);
        for (var i = 1; i <= rank; i++)
        {
            var sideA = i <= a.Shape.Length ? a.Shape[^i] : 1;
            var sideB = i <= b.Shape.Length ? b.Shape[^i] : 1;
            if (sideA != sideB && sideA != 1 && sideB != 1)
            {
                throw new ModelFormatException("two constants of different shapes meet");
            }

            (shape[^i], strideA[^i], strideB[^i]) = (sideA == 1 ? sideB : sideA, sideA == 1 ? 0 : stepA, sideB == 1 ? 0 : stepB);
            (stepA, stepB) = (stepA * sideA, stepB * sideB);
        }

        var values = new float[Tensor.Count(shape)];
        for (var i = 0; i < values.Length; i++)
        {
            var (rest, indexA, indexB) = (i, 0, 0);
            for (var d = rank - 1; d >= 0; d--)
            {
                var at = rest % shape[d];
                (rest, indexA, indexB) = (rest / shape[d], indexA + (at * strideA[d]), indexB + (at * strideB[d]));
            }

            values[i] = function(a.Values[indexA], b.Values[indexB]);
        }

        return new Tensor(shape, values);
    }

    /// <summary>A piece of a list, or one number of it.</summary>
    private static Tensor? Slice(SourceNode node, Tensor x, Tensor begin, Tensor end, Tensor stride)
    {
        if (begin.Values.Length != 1 || end.Values.Length != 1 || stride.Values is not [1] || (node.EllipsisMask | node.NewAxisMask) != 0)
        {
            return null;
        }

        var length = x.Values.Length;
        var first = node.BeginMask == 0 ? Place(begin.ToIntegers()[0]) : 0;
        if (node.ShrinkAxisMask != 0)
        {
            return first < length ? new Tensor([], [x.Values[first]]) : throw new ModelFormatException("a slice lies outside of its list");
        }

        var last = node.EndMask == 0 ? Place(end.ToIntegers()[0]) : length;
        return Tensor.Vector(x.Values[first..Math.Max(first, last)]);

        int Place(int index) => Math.Clamp(index < 0 ? index + length : index, 0, length);
    }

    /// <summary>A filter over a constant picture, as exporters compute how many pixels a window holds at the border.</summary>
    private static Tensor? Filter(SourceNode node, Tensor x, Tensor kernel)
    {
        var (height, width, channels) = (x.Shape[1], x.Shape[2], x.Shape[3]);
        var shape = node.Kernel == KernelLayout.HwcDepthwise ? kernel.Shape : [kernel.Shape[1], kernel.Shape[2], kernel.Shape[3], kernel.Shape[0]];
        if (node.Stride != 1 || node.Padding != "SAME" || shape is not [<= 16, <= 16, _, 1] || shape[2] != channels)
        {
            return null;
        }

        var values = new float[x.Values.Length];
        var (top, left) = (Window(height, shape[0], 1, "SAME").Before, Window(width, shape[1], 1, "SAME").Before);
        for (var i = 0; i < values.Length; i++)
        {
            var (c, column, row) = (i % channels, i / channels % width, i / channels / width);
            for (var tap = 0; tap < shape[0] * shape[1]; tap++)
            {
                var (y, z) = (row + (tap / shape[1]) - top, column + (tap % shape[1]) - left);
                if ((uint)y < (uint)height && (uint)z < (uint)width)
                {
                    values[i] += x.Values[(((y * width) + z) * channels) + c] * kernel.Values[(tap * channels) + c];
                }
            }
        }

        return new Tensor(x.Shape, values);
    }
}
