namespace DctNet.Core.Watermark;

/// <summary>For each target sample of one axis, where its source samples start and how they are weighted (weights sum to 1).</summary>
internal sealed class ResampleTaps
{
    private const int CubicTaps = 4;

    private readonly int[] _starts;
    private readonly int[] _offsets;
    private readonly float[] _weights;

    public ResampleTaps(int source, int target)
    {
        var scale = (double)source / target;
        var perSample = scale <= 1 ? CubicTaps : (int)Math.Ceiling(scale) + 1;
        _starts = new int[target];
        _offsets = new int[target + 1];
        _weights = new float[target * perSample];
        for (var i = 0; i < target; i++)
        {
            var count = source == target
                ? Copy(i)
                : scale > 1 ? Area(i, scale, source) : Cubic(i, scale, source);
            _offsets[i + 1] = _offsets[i] + count;
        }
    }

    public int Start(int i) => _starts[i];

    public ReadOnlySpan<float> Weights(int i) => _weights.AsSpan(_offsets[i], _offsets[i + 1] - _offsets[i]);

    /// <summary>Resamples one line.</summary>
    public void Apply(ReadOnlySpan<float> source, Span<float> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var weights = Weights(i);
            var samples = source.Slice(_starts[i], weights.Length);
            var sum = 0f;
            for (var k = 0; k < weights.Length; k++)
            {
                sum += weights[k] * samples[k];
            }

            target[i] = sum;
        }
    }

    private int Copy(int i)
    {
        _starts[i] = i;
        _weights[_offsets[i]] = 1;
        return 1;
    }

    private int Area(int i, double scale, int source)
    {
        var (from, to) = (i * scale, Math.Min((i + 1) * scale, source));
        var start = Math.Min((int)from, source - 1);
        var count = 0;
        for (var k = start; k < to && k < source; k++)
        {
            var covered = Math.Min(k + 1, to) - Math.Max(k, from);
            if (covered > 1e-6 || count == 0)
            {
                _weights[_offsets[i] + count++] = (float)(covered / (to - from));
            }
        }

        _starts[i] = start;
        return count;
    }

    private int Cubic(int i, double scale, int source)
    {
        var centre = (i + 0.5) * scale - 0.5;
        var first = (int)Math.Floor(centre) - 1;
        var start = Math.Clamp(first, 0, Math.Max(0, source - CubicTaps));
        var count = Math.Min(CubicTaps, source);
        for (var k = 0; k < CubicTaps; k++)
        {
            // Samples past the border repeat the border sample.
            var index = Math.Clamp(first + k, 0, source - 1);
            _weights[_offsets[i] + index - start] += (float)CatmullRom(centre - (first + k));
        }

        _starts[i] = start;
        return count;
    }

    internal static double CatmullRom(double distance)
    {
        var d = Math.Abs(distance);
        return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    }
}
