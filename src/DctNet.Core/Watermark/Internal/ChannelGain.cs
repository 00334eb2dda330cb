namespace DctNet.Core.Watermark;

/// <summary>
/// How much of the mark came through at each frequency, as a parabola in the frequency fitted to the pilots. Blurring, denoising and
/// compression take the high carriers away; averaging over patches even turns their sign. Weighted least squares, with a prior that holds
/// the gain constant where the pilots do not say otherwise.
/// </summary>
internal sealed class ChannelGain
{
    private const int Terms = 3;

    // Prior standard deviations of the linear and the quadratic term, as shares of the constant one.
    private const double LinearPrior = 0.6;
    private const double QuadraticPrior = 0.3;

    private static readonly double s_lowest = Math.Sqrt(CarrierGrid.MinRadiusSquared);
    private static readonly double s_highest = Math.Sqrt(CarrierGrid.MaxRadiusSquared);
    private static readonly double[][] s_basis = [.. CarrierGrid.Bins.ToArray().Select(Basis)];

    private readonly double[,] _normal = new double[Terms, Terms];
    private readonly double[] _right = new double[Terms];
    private readonly double[] _terms = new double[Terms];

    /// <summary>Adds the gain one pilot shows, with its noise: E|error|² of the complex value, half of it in the real part.</summary>
    public void Add(int carrier, float gain, float noise)
    {
        var (basis, weight) = (s_basis[carrier], 2.0 / noise);
        for (var i = 0; i < Terms; i++)
        {
            _right[i] += weight * basis[i] * gain;
            for (var j = 0; j < Terms; j++)
            {
                _normal[i, j] += weight * basis[i] * basis[j];
            }
        }
    }

    /// <summary>Fits the parabola to what was added.</summary>
    public void Solve()
    {
        // The size of the prior comes from the constant fit alone.
        var constant = Math.Max(_right[0] / _normal[0, 0], 1e-9);
        _normal[1, 1] += 1 / (LinearPrior * constant * LinearPrior * constant);
        _normal[2, 2] += 1 / (QuadraticPrior * constant * QuadraticPrior * constant);

        // Gaussian elimination; the matrix is symmetric and positive definite.
        for (var i = 0; i < Terms; i++)
        {
            for (var row = i + 1; row < Terms; row++)
            {
                var factor = _normal[row, i] / _normal[i, i];
                for (var j = i; j < Terms; j++)
                {
                    _normal[row, j] -= factor * _normal[i, j];
                }

                _right[row] -= factor * _right[i];
            }
        }

        for (var i = Terms - 1; i >= 0; i--)
        {
            var rest = _right[i];
            for (var j = i + 1; j < Terms; j++)
            {
                rest -= _normal[i, j] * _terms[j];
            }

            _terms[i] = rest / _normal[i, i];
        }
    }

    /// <summary>The fitted gain at the frequency of a carrier.</summary>
    public float Gain(int carrier)
    {
        var basis = s_basis[carrier];
        return (float)(_terms[0] + _terms[1] * basis[1] + _terms[2] * basis[2]);
    }

    /// <summary>1, t and t² − ⅓ with t from −1 at the lowest to 1 at the highest frequency.</summary>
    private static double[] Basis((int U, int V) bin)
    {
        var t = (2 * Math.Sqrt(bin.U * bin.U + bin.V * bin.V) - s_lowest - s_highest) / (s_highest - s_lowest);
        return [1, t, t * t - 1.0 / 3];
    }
}
