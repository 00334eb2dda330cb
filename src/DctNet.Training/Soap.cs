using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace DctNet.Training;

/// <summary>
/// SOAP (Vyas et al. 2024): Adam (Kingma and Ba 2015), for kernels in the basis in which what their gradients have in common between outputs, and
/// between inputs, is diagonal (Shampoo's, Gupta et al. 2018; the taps are left as they are); and an exponential moving average of the weights. Only
/// parameters that have a gradient take a step, and each counts its own.
/// </summary>
/// <remarks>
/// Native code multiplies and decomposes matrices, and holds those of the bases; what is of a parameter's size is in managed memory. So nothing depends
/// on short-lived native objects (see <see cref="ConditionalUNet"/> on scalars), and a checkpoint is a few arrays.
/// </remarks>
internal sealed class Soap : IDisposable
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.99f;
    private const float Epsilon = 1e-8f;
    private const float ClipNorm = 1f;

    /// <summary>Of a parameter's own steps: what is drawn seldom is averaged over as many gradients.</summary>
    private const float AverageDecay = 0.998f;

    /// <summary>Own steps of linear warm-up: the first ones are all of a length, whatever the gradient is worth.</summary>
    private const float WarmupSteps = 200;

    /// <summary>Gradients from one turn of a kernel's bases to the next, and before the first of those a quarter of it.</summary>
    private const int TurnEvery = 20;

    /// <summary>Gradients from one that the bases are told of to the next; of the first <see cref="TurnEvery"/> they are told all.</summary>
    private const int ObserveEvery = 4;

    private readonly IReadOnlyList<Tensor> _parameters;
    private readonly Slot[] _slots;
    private readonly float[] _first;
    private readonly float[] _second;
    private readonly float[] _scratch;

    /// <param name="parameters">What is optimised: kernels <c>[outputs, inputs, height, width]</c> and vectors.</param>
    public Soap(IReadOnlyList<Tensor> parameters)
    {
        _parameters = parameters;
        _slots = new Slot[parameters.Count];
        var length = 0;
        for (var i = 0; i < _slots.Length; i++)
        {
            _slots[i] = new Slot(parameters[i].shape, length, (int)parameters[i].NumberOfElements);
            length += _slots[i].Length;
        }

        (Weights, Average, _first, _second) = (new float[length], new float[length], new float[length], new float[length]);
        _scratch = new float[_slots.Max(slot => slot.Length)];
        foreach (var (slot, parameter) in _slots.Zip(parameters))
        {
            Values(parameter).CopyTo(slot.Of(Weights));
        }

        Weights.CopyTo(Average, 0);
    }

    public float[] Weights { get; }

    /// <summary>The averaged weights: what is validated and exported.</summary>
    public float[] Average { get; }

    /// <summary>How many gradients each parameter has seen. It has taken as many steps, but for a kernel's first.</summary>
    public IReadOnlyList<int> Seen => Array.ConvertAll(_slots, slot => slot.Seen);

    /// <summary>
    /// What a <see cref="Checkpoint"/> keeps: weights, average, the mean gradient and its mean square (of kernels in their own bases,
    /// <c>[taps, outputs, inputs]</c>), and of each kernel statistics and axes, of the outputs and of the inputs.
    /// </summary>
    public IReadOnlyList<float[]> Vectors => [Weights, Average, _first, _second, [.. Matrices.SelectMany(matrix => Values(matrix).ToArray())]];

    private IEnumerable<Tensor> Matrices => _slots.SelectMany(slot => slot.Sides).SelectMany<Side, Tensor>(side => [side.Statistics, side.Axes]);

    /// <param name="vectors">As <see cref="Vectors"/>; where there are fewer, the others stay as they are.</param>
    /// <param name="seen">As <see cref="Seen"/>; none where the optimiser begins anew.</param>
    /// <exception cref="InvalidDataException">They belong to another network.</exception>
    public void Restore(IReadOnlyList<float[]> vectors, IReadOnlyList<int> seen)
    {
        foreach (var (from, to) in vectors.Zip([Weights, Average, _first, _second]))
        {
            Check(from.Length, to.Length);
            from.CopyTo(to, 0);
        }

        if (seen.Count > 0)
        {
            Check(seen.Count, _slots.Length);
            foreach (var (slot, count) in _slots.Zip(seen))
            {
                slot.Seen = count;
            }
        }

        if (vectors is [_, _, _, _, var stored])
        {
            Check(stored.Length, (int)Matrices.Sum(matrix => matrix.NumberOfElements));
            var rest = stored.AsSpan();
            foreach (var matrix in Matrices)
            {
                var values = Values(matrix);
                rest[..values.Length].CopyTo(values);
                rest = rest[values.Length..];
            }
        }

        static void Check(int found, int expected)
        {
            if (found != expected)
            {
                throw new InvalidDataException($"The checkpoint has {found} values where this network has {expected}.");
            }
        }
    }

    /// <summary>Takes one step with the gradients of the parameters that have one, and clears them.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <returns>The norm of the gradient before clipping; not finite means that nothing was changed.</returns>
    public float Step(float learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var drawn = new List<(int Index, Tensor Gradient)>();
        var squares = 0f;
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_parameters[i].grad is { } gradient)
            {
                drawn.Add((i, gradient));
                squares += TensorPrimitives.SumOfSquares<float>(Values(gradient));
                _parameters[i].grad = null;
            }
        }

        var norm = MathF.Sqrt(squares);
        if (!float.IsFinite(norm))
        {
            return norm;
        }

        foreach (var (i, gradient) in drawn)
        {
            var slot = _slots[i];
            TensorPrimitives.Multiply(Values(gradient), norm > ClipNorm ? ClipNorm / norm : 1, Values(gradient));
            var rate = learningRate * MathF.Min(1, (slot.Seen + 1) / WarmupSteps);
            if (slot.Sides is [var outputs, var inputs])
            {
                StepKernel(slot, outputs, inputs, gradient, rate);
            }
            else
            {
                slot.Seen++;
                ToDirection(slot, slot.Seen, Values(gradient));
                Move(slot, Values(gradient), rate);
            }

            slot.Of(Weights).CopyTo(Values(_parameters[i]));

            // A young average forgets faster, or it would remember where it began.
            var keep = MathF.Min(AverageDecay, (slot.Seen + 1f) / (slot.Seen + 10f));
            TensorPrimitives.Lerp(slot.Of(Weights), slot.Of(Average), keep, slot.Of(Average));
        }

        return norm;
    }

    public void Dispose()
    {
        foreach (var matrix in Matrices)
        {
            matrix.Dispose();
        }
    }

    // A tensor's memory. Float32 and contiguous, as all here are.
    private static Span<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private void StepKernel(Slot slot, Side outputs, Side inputs, Tensor gradient, float rate)
    {
        using var scope = NewDisposeScope();
        var taken = slot.Seen++;
        var g = gradient.flatten(2).permute(2, 0, 1).contiguous();
        if (taken < TurnEvery || taken % ObserveEvery == 0)
        {
            outputs.Observe(g.permute(1, 0, 2).flatten(1));
            inputs.Observe(g.permute(2, 0, 1).flatten(1));
        }

        if (taken == 0)
        {
            // In the basis that is made of it alone a gradient says nothing.
            outputs.Begin();
            inputs.Begin();
            return;
        }

        var direction = outputs.Axes.t().matmul(g).matmul(inputs.Axes).contiguous();
        ToDirection(slot, taken, Values(direction));
        Move(slot, Values(outputs.Axes.matmul(direction).matmul(inputs.Axes.t()).permute(1, 2, 0).contiguous()), rate);
        if (slot.Seen % TurnEvery == 0 || (taken < TurnEvery && slot.Seen % (TurnEvery / 4) == 0))
        {
            // The mean gradient turns with the axes. Mean squares cannot; each goes with the axis that is nearest its own.
            var (first, second) = (tensor(slot.Of(_first).ToArray(), g.shape), tensor(slot.Of(_second).ToArray(), g.shape));
            var (order, turn) = outputs.Turn();
            (first, second) = (turn.t().matmul(first), second.index_select(1, order));
            (order, turn) = inputs.Turn();
            Values(first.matmul(turn).contiguous()).CopyTo(slot.Of(_first));
            Values(second.index_select(2, order).contiguous()).CopyTo(slot.Of(_second));
        }
    }

    /// <summary>Puts Adam's direction in place of the gradient.</summary>
    private void ToDirection(Slot slot, int steps, Span<float> gradient)
    {
        var first = slot.Of(_first);
        var second = slot.Of(_second);
        var scratch = _scratch.AsSpan(0, slot.Length);
        TensorPrimitives.Lerp(first, gradient, 1 - Beta1, first);
        TensorPrimitives.Multiply(gradient, gradient, scratch);
        TensorPrimitives.Lerp(second, scratch, 1 - Beta2, second);
        TensorPrimitives.Divide(second, 1 - MathF.Pow(Beta2, steps), scratch);
        TensorPrimitives.Sqrt(scratch, scratch);
        TensorPrimitives.Add(scratch, Epsilon, scratch);
        TensorPrimitives.Divide(first, scratch, gradient);
        TensorPrimitives.Divide(gradient, 1 - MathF.Pow(Beta1, steps), gradient);
    }

    private void Move(Slot slot, Span<float> direction, float rate)
        => TensorPrimitives.MultiplyAdd(direction, -rate, slot.Of(Weights), slot.Of(Weights));

    /// <summary>One parameter: where its values lie in the flat vectors, and if it is a kernel the bases of its outputs and inputs.</summary>
    private sealed class Slot(long[] shape, int offset, int length)
    {
        public int Length => length;

        public Side[] Sides { get; } = shape is [var outputs, var inputs, _, _] ? [new Side(outputs), new Side(inputs)] : [];

        public int Seen { get; set; }

        public Span<float> Of(float[] vector) => vector.AsSpan(offset, length);
    }

    /// <summary>The outputs or the inputs of a kernel: the mean of what their gradients have in common, and its eigenvectors.</summary>
    private sealed class Side(long size)
    {
        // Of what is observed; with ObserveEvery the mean is over the last eighty gradients or so.
        private const float Decay = 0.95f;

        /// <summary>Its scale is of no account, so it may begin at nothing.</summary>
        public Tensor Statistics { get; } = zeros(size, size).DetachFromDisposeScope();

        /// <summary>The eigenvectors, as columns.</summary>
        public Tensor Axes { get; } = eye(size).DetachFromDisposeScope();

        /// <param name="gradient">A row for each of the side's channels.</param>
        public void Observe(Tensor gradient) => TensorPrimitives.Lerp(Values(gradient.mm(gradient.t())), Values(Statistics), Decay, Values(Statistics));

        public void Begin() => Values(linalg.eigh(Statistics).Item2.contiguous()).CopyTo(Values(Axes));

        /// <summary>One step of orthogonal iteration (Golub and Van Loan, 8.2.4) towards the eigenvectors of what has been seen since.</summary>
        /// <returns>Which of the old axes each new one comes from, and the old axes' parts in the new ones.</returns>
        public (Tensor Order, Tensor Turn) Turn()
        {
            var order = Axes.t().mm(Statistics).mm(Axes).diagonal().argsort(descending: true);
            var axes = linalg.qr(Statistics.mm(Axes.index_select(1, order))).Item1.contiguous();
            var turn = Axes.t().mm(axes);
            Values(axes).CopyTo(Values(Axes));
            return (order, turn);
        }
    }
}
