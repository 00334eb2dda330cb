using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>A picture at one size, as the detector sees it: the spectrum of its residual, and the lattice table on demand.</summary>
internal sealed class PictureView : IDisposable
{
    private readonly double _picturePixelsPerPixel;
    private readonly double _canonicalShare;
    private LatticePower? _power;

    /// <param name="image">The picture.</param>
    /// <param name="shortSide">Its short side in this view, in pixels.</param>
    /// <param name="faint">See <see cref="GuidedResidual.Replace"/>.</param>
    public PictureView(PixelBuffer image, int shortSide, bool faint = false)
    {
        using var plane = CanonicalPicture.Of(image, shortSide);
        GuidedResidual.Replace(plane, faint);
        Spectrum = ResidualSpectrum.Of(plane);
        _picturePixelsPerPixel = Math.Min(image.Width, image.Height) / (double)shortSide;
        _canonicalShare = shortSide / (double)CarrierGrid.CanonicalShortSide;
    }

    public ResidualSpectrum Spectrum { get; }

    public LatticePower Power => _power ??= new LatticePower(Spectrum);

    /// <summary>
    /// Converts a scale against the picture's canonical size (1 when it is whole, 1.41 when half of its area was cropped away) into
    /// pixels of this view.
    /// </summary>
    public double Scale(double canonical) => canonical * _canonicalShare;

    /// <summary>What a pose in this view says about the picture itself.</summary>
    public TransformEstimate Estimate(LatticePose pose, int orientation)
    {
        var total = pose.Scaled(_picturePixelsPerPixel).After(CarrierGrid.Orientations[orientation]);
        return new TransformEstimate(total.M11, total.M12, total.M21, total.M22);
    }

    public void Dispose()
    {
        Spectrum.Dispose();
        _power?.Dispose();
    }
}
