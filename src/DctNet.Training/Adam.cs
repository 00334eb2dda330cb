using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>
/// Adam (Kingma and Ba 2015) and an exponential moving average of the weights over one flat vector in managed memory. Native tensors are
/// only read and written, so nothing here depends on native objects staying alive, and a checkpoint is four arrays.
/// </summary>
internal sealed class Adam
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.99f;
    private const float Epsilon = 1e-8f;
    private const float ClipNorm = 1f;
    private const float AverageDecay = 0.999f;

    private readonly IReadOnlyList<Tensor> _parameters;
    private readonly float[] _gradient;

    private readonly long _begun;

    /// <param name="parameters">What is optimised.</param>
    /// <param name="begun">The step at which the moments were 0.</param>
    public Adam(IReadOnlyList<Tensor> parameters, long begun)
    {
        (_parameters, _begun) = (parameters, begun);
        // Rounded up to whole vectors; the spare lanes stay zero.
        var length = (int)parameters.Sum(p => p.NumberOfElements);
        length = (length + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        (Weights, Average, First, Second, _gradient) =
            (new float[length], new float[length], new float[length], new float[length], new float[length]);
        Gather(p => p, Weights);
        Weights.CopyTo(Average, 0);
    }

    public float[] Weights { get; }

    /// <summary>The averaged weights: what is validated and exported.</summary>
    public float[] Average { get; }

    public float[] First { get; }

    public float[] Second { get; }

    /// <summary>Weights, average, first and second moment: what a <see cref="Checkpoint"/> keeps.</summary>
    public IReadOnlyList<float[]> Vectors => [Weights, Average, First, Second];

    /// <param name="vectors">As <see cref="Vectors"/>; where there are fewer, the others stay as they are.</param>
    /// <exception cref="InvalidDataException">The vectors belong to another network.</exception>
    public void Restore(IReadOnlyList<float[]> vectors)
    {
        foreach (var (from, to) in vectors.Zip(Vectors))
        {
            // The spare lanes may be missing.
            if (from.Length > to.Length || from.Length <= to.Length - Vector<float>.Count)
            {
                throw new InvalidDataException($"The checkpoint has {from.Length} values where this network has {to.Length}.");
            }

            from.CopyTo(to, 0);
        }

        Scatter(Weights);
    }

    /// <summary>Takes one step with the gradients of the parameters and clears them.</summary>
    /// <param name="step">Steps taken before this one.</param>
    /// <param name="learningRate">The rate of this step.</param>
    /// <returns>The norm of the gradient before clipping; not finite means that nothing was changed.</returns>
    public float Step(long step, float learningRate)
    {
        Gather(p => p.grad!, _gradient);
        foreach (var parameter in _parameters)
        {
            MemoryMarshal.Cast<byte, float>(parameter.grad!.bytes).Clear();
        }

        var norm = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares(_gradient));
        if (!float.IsFinite(norm))
        {
            return norm;
        }

        var clip = new Vector<float>(norm > ClipNorm ? ClipNorm / norm : 1);
        var correction1 = 1 / (1 - MathF.Pow(Beta1, step - _begun + 1));
        var correction2 = 1 / (1 - MathF.Pow(Beta2, step - _begun + 1));
        var rate = new Vector<float>(learningRate * correction1);

        // A young average forgets faster, or it would remember where it began.
        var keep = new Vector<float>(MathF.Min(AverageDecay, (step - _begun + 1f) / (step - _begun + 10f)));
        for (var i = 0; i < Weights.Length; i += Vector<float>.Count)
        {
            var g = new Vector<float>(_gradient, i) * clip;
            var m = new Vector<float>(First, i);
            m += (g - m) * (1 - Beta1);
            var v = new Vector<float>(Second, i);
            v += ((g * g) - v) * (1 - Beta2);
            var w = new Vector<float>(Weights, i) - (rate * m / (Vector.SquareRoot(v * correction2) + new Vector<float>(Epsilon)));
            var a = new Vector<float>(Average, i);
            m.CopyTo(First, i);
            v.CopyTo(Second, i);
            w.CopyTo(Weights, i);
            (w + ((a - w) * keep)).CopyTo(Average, i);
        }

        Scatter(Weights);
        return norm;
    }

    /// <summary>Puts a flat vector, the weights or their average, into the parameters.</summary>
    public void Scatter(float[] values)
    {
        var offset = 0;
        foreach (var parameter in _parameters)
        {
            var target = MemoryMarshal.Cast<byte, float>(parameter.bytes);
            values.AsSpan(offset, target.Length).CopyTo(target);
            offset += target.Length;
        }
    }

    private void Gather(Func<Tensor, Tensor> select, float[] into)
    {
        var offset = 0;
        foreach (var parameter in _parameters)
        {
            var source = MemoryMarshal.Cast<byte, float>(select(parameter).bytes);
            source.CopyTo(into.AsSpan(offset));
            offset += source.Length;
        }
    }
}
