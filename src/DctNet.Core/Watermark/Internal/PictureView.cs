using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>A picture at one size, as the detector sees it: the spectrum of its residual, and the lattice table on demand.</summary>
internal sealed class PictureView : IDisposable
{
    private readonly double _picturePixelsPerPixel;
    private readonly double _canonicalShare;
    private readonly double _width;
    private readonly double _height;
    private readonly double _middleX;
    private readonly double _middleY;
    private LatticePower? _power;

    private PictureView(Region part, int shortSide, Plane residual)
    {
        Spectrum = ResidualSpectrum.Of(residual);
        _picturePixelsPerPixel = part.ShortSide / (double)shortSide;
        _middleX = part.Left + Middle(residual.Width, part.Width);
        _middleY = part.Top + Middle(residual.Height, part.Height);
        (_width, _height) = (residual.Width * (part.WholeWidth / (double)part.Width), residual.Height * (part.WholeHeight / (double)part.Height));
        _canonicalShare = shortSide / (double)CarrierGrid.CanonicalShortSide;
    }

    public ResidualSpectrum Spectrum { get; }

    public LatticePower Power => _power ??= new LatticePower(Spectrum);

    /// <param name="image">The picture.</param>
    /// <param name="shortSide">Its short side in this view, in pixels.</param>
    public static PictureView Of(PixelBuffer image, int shortSide) => Of(image, new Region(0, 0, image.Width, image.Height), shortSide);

    /// <summary>Views of the quiet and of the busy places alone; see <see cref="GuidedResidual.Split"/>.</summary>
    public static (PictureView Quiet, PictureView Busy) Halves(PixelBuffer image, int shortSide)
    {
        var part = new Region(0, 0, image.Width, image.Height).Compact();
        using var quiet = part.Luma(image, shortSide);
        using var busy = new Plane(quiet.Width, quiet.Height);
        GuidedResidual.Split(quiet, busy);
        return (new PictureView(part, shortSide, quiet), new PictureView(part, shortSide, busy));
    }

    /// <summary>A view of the quarter of a picture whose corner is given, as if it were a picture of its own; its estimates are of the whole.</summary>
    public static PictureView OfQuarter(PixelBuffer image, int left, int top, int shortSide) =>
        Of(image, new Region(left, top, image.Width / 2, image.Height / 2), shortSide);

    /// <summary>
    /// Converts a scale against the picture's canonical size (1 when it is whole, 1.41 when half of its area was cropped away) into
    /// pixels of this view.
    /// </summary>
    public double Scale(double canonical) => canonical * _canonicalShare;

    /// <summary>The poses of whole pictures of given shapes (width over height) that were stretched to the shape of this one.</summary>
    public IEnumerable<LatticePose> FromShapes(IEnumerable<double> shapes) => shapes.Select(shape => new LatticePose(
        _width / (CarrierGrid.CanonicalShortSide * Math.Max(1, shape)), 0, 0, _height / (CarrierGrid.CanonicalShortSide * Math.Max(1, 1 / shape))));

    /// <summary>What a pose and a shift of the tile in this view say about the picture itself.</summary>
    /// <param name="pose">From canonical pixels to pixels of this view.</param>
    /// <param name="peak">Orientation and shift of the tile.</param>
    /// <param name="originX">Where the id's tile begins, in canonical pixels.</param>
    /// <param name="originY">See <paramref name="originX"/>.</param>
    public TransformEstimate Estimate(LatticePose pose, PilotPeak peak, int originX, int originY)
    {
        // A place p of this view, from its middle, shows the tile at O⁻¹·(P⁻¹·p − shift), which is canonical place minus origin.
        var scaled = pose.Scaled(_picturePixelsPerPixel);
        var total = scaled.After(CarrierGrid.Orientations[peak.Orientation]);
        var x = _middleX + scaled.M11 * peak.ShiftX + scaled.M12 * peak.ShiftY - total.M11 * originX - total.M12 * originY;
        var y = _middleY + scaled.M21 * peak.ShiftX + scaled.M22 * peak.ShiftY - total.M21 * originX - total.M22 * originY;
        return new TransformEstimate(total.M11, total.M12, total.M21, total.M22, x, y);
    }

    public void Dispose()
    {
        Spectrum.Dispose();
        _power?.Dispose();
    }

    private static PictureView Of(PixelBuffer image, Region whole, int shortSide)
    {
        var part = whole.Compact();
        using var plane = part.Luma(image, shortSide);
        GuidedResidual.Replace(plane);
        return new PictureView(part, shortSide, plane);
    }

    /// <summary>The middle of a side of the plane (where the spectrum has its origin), in pixels of the picture.</summary>
    private static double Middle(int plane, int picture) => (plane / 2 + 0.5) * picture / plane - 0.5;

    /// <summary>A part of a picture, and the sides of what it is the middle of.</summary>
    private readonly record struct Region(int Left, int Top, int Width, int Height)
    {
        public int WholeWidth { get; init; } = Width;

        public int WholeHeight { get; init; } = Height;

        public int ShortSide => Math.Min(Width, Height);

        /// <summary>
        /// The middle of it, where it is very long: the spectrum reads no more than twice the short side of it, and a canonical plane of all would
        /// take hundreds of times the picture's memory.
        /// </summary>
        public Region Compact()
        {
            var longest = CanonicalPicture.MaxAspect * ShortSide;
            var (width, height) = (Math.Min(Width, longest), Math.Min(Height, longest));
            return this with
            {
                Left = Left + ((Width - width) / 2),
                Top = Top + ((Height - height) / 2),
                Width = width,
                Height = height,
                WholeWidth = Width,
                WholeHeight = Height,
            };
        }

        public Plane Luma(PixelBuffer image, int shortSide) => CanonicalPicture.OfPart(image, Left, Top, Width, Height, shortSide);
    }
}
