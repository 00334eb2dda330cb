using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>1 − SSIM (Wang et al. 2004; Gaussian window, σ 1.5, 11 taps, at every second place) of the BT.601 luma of pictures in −1..1.</summary>
internal sealed class SimilarityLoss : IDisposable
{
    private const int Taps = 11;
    private const float Sigma = 1.5f;
    private const float Range = 2;

    /// <summary>Pixels from one window to the next: so near together they weigh every pixel alike, to a part in a thousand but at the border.</summary>
    private const int Stride = 2;

    // Tensors, not numbers: see ConditionalUNet on short-lived scalars.
    private readonly Tensor _luma = tensor([0.299f, 0.587f, 0.114f], [1, 3, 1, 1]).DetachFromDisposeScope();
    private readonly Tensor _black = tensor([Range / 2]).DetachFromDisposeScope();
    private readonly Dictionary<long, Tensor> _windows = [];
    private readonly Tensor _c1 = tensor(0.01f * Range * 0.01f * Range).DetachFromDisposeScope();
    private readonly Tensor _c2 = tensor(0.03f * Range * 0.03f * Range).DetachFromDisposeScope();
    private readonly Tensor _one = tensor(1f).DetachFromDisposeScope();
    private readonly Tensor _two = tensor(2f).DetachFromDisposeScope();

    public Tensor Of(Tensor result, Tensor target)
    {
        // From 0, black, upwards: the term of the means is not free of an offset.
        var (x, y) = (Luma(result), Luma(target));
        var means = Blur(cat([x, y, x * x, y * y, x * y], 0)).chunk(5, 0);
        var (mx, my) = (means[0], means[1]);
        var (mxx, myy, mxy) = (mx * mx, my * my, mx * my);
        var covariance = means[4] - mxy;
        var variances = means[2] + means[3] - mxx - myy;
        var luminance = ((mxy * _two) + _c1) / (mxx + myy + _c1);
        var structure = ((covariance * _two) + _c2) / (variances + _c2);
        return _one - (luminance * structure).mean();
    }

    public void Dispose()
    {
        foreach (var held in (Tensor[])[_luma, _black, _c1, _c2, _one, _two, .. _windows.Values])
        {
            held.Dispose();
        }
    }

    // A convolution to one channel takes 3 ms of 288².
    private Tensor Luma(Tensor picture) => (picture * _luma).sum([1], keepdim: true) + _black;

    // Across and down by products with band matrices, a sixth of the time of convolutions of one channel. What comes out lies on its side.
    private Tensor Blur(Tensor planes) => planes.matmul(Window(planes.shape[3])).transpose(2, 3).matmul(Window(planes.shape[2]));

    // A column for each place of the window along a side.
    private Tensor Window(long side)
    {
        if (!_windows.TryGetValue(side, out var window))
        {
            var taps = Enumerable.Range(0, Taps).Select(i => MathF.Exp(-(i - (Taps / 2)) * (i - (Taps / 2)) / (2 * Sigma * Sigma))).ToArray();
            var sum = taps.Sum();
            var places = ((side - Taps) / Stride) + 1;
            var band = new float[side * places];
            for (var place = 0L; place < places; place++)
            {
                for (var tap = 0; tap < Taps; tap++)
                {
                    band[(((place * Stride) + tap) * places) + place] = taps[tap] / sum;
                }
            }

            window = tensor(band, [side, places]).DetachFromDisposeScope();
            _windows.Add(side, window);
        }

        return window;
    }
}
