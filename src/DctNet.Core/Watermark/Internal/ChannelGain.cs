namespace DctNet.Core.Watermark;

/// <summary>
/// How much of the mark came through at each frequency: a smooth even function of both frequencies, fitted to the pilots. Blurs and
/// encoders take the high carriers away; averages over squares, such as denoisers make, turn signs in a chequered pattern.
/// </summary>
/// <remarks>
/// Bayesian linear regression (Bishop 2006, 3.3 and 3.5) on products of cosines. Their coefficients are normal with mean 0 and a deviation
/// that falls with the order of the product; of a few sizes and slopes of that fall, those are taken that make the pilots likeliest. So
/// a flat channel is fitted by a constant, and a chequered one by as many terms as it takes.
/// </remarks>
internal sealed class ChannelGain
{
    private const int Order = 4;
    private const int Terms = (Order + 1) * (Order + 2) / 2;

    // Gains of whitened carriers: 1.5 is a mark too weak to be read, and above 48 pilots are so clear that the prior does not matter.
    private static readonly double[] s_sizes = [1.5, 3, 6, 12, 24, 48];
    private static readonly double[] s_falls = [0.1, 0.3, 0.6];

    private static readonly int[] s_orders = [.. Products().Select(product => product.U + product.V)];
    private static readonly double[][] s_basis = [.. CarrierGrid.Bins.ToArray().Select(Basis)];

    private readonly double[,] _normal = new double[Terms, Terms];
    private readonly double[] _right = new double[Terms];
    private readonly double[] _coefficients = new double[Terms];

    /// <summary>Adds the gain one pilot shows, with its noise: E|error|² of the complex value, half of it in the real part.</summary>
    public void Add(int carrier, float gain, float noise)
    {
        var (basis, weight) = (s_basis[carrier], 2.0 / noise);
        for (var i = 0; i < Terms; i++)
        {
            var weighted = weight * basis[i];
            _right[i] += weighted * gain;
            for (var j = 0; j <= i; j++)
            {
                _normal[i, j] += weighted * basis[j];
            }
        }
    }

    /// <summary>Fits to what was added.</summary>
    public void Solve()
    {
        var best = double.NegativeInfinity;
        Span<double> coefficients = stackalloc double[Terms];
        foreach (var fall in s_falls)
        {
            foreach (var size in s_sizes)
            {
                var evidence = Fit(size, fall, coefficients);
                if (evidence > best)
                {
                    best = evidence;
                    coefficients.CopyTo(_coefficients);
                }
            }
        }
    }

    /// <summary>The fitted gain at the frequency of a carrier.</summary>
    public float Gain(int carrier)
    {
        var gain = 0.0;
        var basis = s_basis[carrier];
        for (var i = 0; i < Terms; i++)
        {
            gain += _coefficients[i] * basis[i];
        }

        return (float)gain;
    }

    /// <summary>
    /// The most probable coefficients under a prior with deviations size·fall^order, and the logarithm of the evidence up to a constant. With
    /// S the deviations, N the normal matrix and b the right side: I + SNS = LLᵀ, Lz = Sb, Lᵀx = z, coefficients Sx, evidence
    /// |z|²/2 − log|L|.
    /// </summary>
    private double Fit(double size, double fall, Span<double> coefficients)
    {
        Span<double> deviation = stackalloc double[Terms];
        Span<double> lower = stackalloc double[Terms * Terms];
        Span<double> z = stackalloc double[Terms];
        var evidence = 0.0;
        for (var i = 0; i < Terms; i++)
        {
            deviation[i] = size * Math.Pow(fall, s_orders[i]);
            var row = lower.Slice(i * Terms, Terms);
            for (var j = 0; j <= i; j++)
            {
                var rest = deviation[i] * deviation[j] * _normal[i, j] + (i == j ? 1 : 0) - Dot(row, lower.Slice(j * Terms, Terms), j);
                row[j] = i == j ? Math.Sqrt(rest) : rest / lower[j * Terms + j];
            }

            z[i] = (deviation[i] * _right[i] - Dot(row, z, i)) / row[i];
            evidence += z[i] * z[i] / 2 - Math.Log(row[i]);
        }

        for (var i = Terms - 1; i >= 0; i--)
        {
            var rest = z[i];
            for (var k = i + 1; k < Terms; k++)
            {
                rest -= lower[k * Terms + i] * coefficients[k];
            }

            coefficients[i] = rest / lower[i * Terms + i];
        }

        for (var i = 0; i < Terms; i++)
        {
            coefficients[i] *= deviation[i];
        }

        return evidence;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int length)
    {
        var sum = 0.0;
        for (var i = 0; i < length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Orders of the cosines in u and in v of every term, the constant first.</summary>
    private static IEnumerable<(int U, int V)> Products() =>
        Enumerable.Range(0, Order + 1).SelectMany(order => Enumerable.Range(0, order + 1).Select(u => (u, order - u)));

    private static double[] Basis((int U, int V) bin)
    {
        return [.. Products().Select(product => Cosine(product.U, bin.U) * Cosine(product.V, bin.V))];

        // Of mean square 1 over the frequencies.
        static double Cosine(int order, int frequency) =>
            order == 0 ? 1 : Math.Sqrt(2) * Math.Cos(Math.PI * order * frequency / (CarrierGrid.MaxFrequency + 1));
    }
}
