using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Diagnostics;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;

namespace DctNet.Core.Cartoon;

/// <summary>
/// DCT-Net's recipe: draw the whole picture, draw every head again at the size the network knows heads in, and put the heads into the
/// picture. Safe for concurrent calls.
/// </summary>
public sealed class Cartoonizer : IDisposable
{
    /// <summary>The recipe's own bound on the short side of what the network sees, in pixels; larger pictures are reduced.</summary>
    private const int MaxShortSide = 720;

    /// <summary>
    /// Bound on the pixels the network sees, so that a panorama takes no more memory than a 16:9 picture (each 32-channel layer is
    /// 128 bytes a pixel).
    /// </summary>
    internal const int MaxNetworkPixels = 720 * 1280;

    /// <summary>
    /// Heads that get a pass of their own, largest first; in a larger crowd the others are as the whole picture's pass drew them.
    /// </summary>
    private const int MaxHeads = 16;

    private readonly FaceDetector _faceDetector;
    private readonly StyleRenderer _renderer;

    // Pictures in work: by their number the networks choose how many threads a run gets.
    private int _drawing;

    private Cartoonizer(FaceDetector faceDetector, StyleRenderer renderer) => (_faceDetector, _renderer) = (faceDetector, renderer);

    /// <summary>The provider that really runs the networks; never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider => _renderer.Provider;

    /// <summary>One sentence on why it is this provider, for the log.</summary>
    public string ProviderReason => _renderer.ProviderReason;

    /// <summary>Loads the catalog's networks and the face detector.</summary>
    public static Outcome<Cartoonizer> Open(ModelCatalog catalog, InferenceOptions options)
    {
        if (!StyleRenderer.Open(catalog.Networks, options).TryGet(out var renderer, out var failure))
        {
            return failure;
        }

        if (!FaceDetector.Open(catalog.FaceDetectorPath, options).TryGet(out var faceDetector, out failure))
        {
            renderer.Dispose();
            return failure;
        }

        return new Cartoonizer(faceDetector, renderer);
    }

    /// <summary>Makes a cartoon. The caller disposes the result; the portrait is only read.</summary>
    /// <param name="portrait">Any size. Alpha is kept; the networks see the picture over white.</param>
    /// <param name="style">From the catalog that this was opened with.</param>
    /// <param name="cancellationToken">Stops between and inside network runs; everything rented is returned.</param>
    /// <param name="between">Called before each pass of the network, where nothing is lost by waiting.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public StylizedPicture Stylize(
        PixelBuffer portrait, StyleSelection style, CancellationToken cancellationToken, Action? between = null)
    {
        Interlocked.Increment(ref _drawing);
        try
        {
            return Draw(portrait, style, between, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _drawing);
        }
    }

    /// <summary>
    /// One pass over a picture as it is: no size is changed, no face is looked for. What heads are drawn by, for measuring. The caller
    /// disposes the result, which has no alpha.
    /// </summary>
    /// <param name="picture">Its alpha, if any, is taken over white.</param>
    /// <param name="style">From the catalog that this was opened with.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public PixelBuffer Render(PixelBuffer picture, StyleSelection style, CancellationToken cancellationToken)
    {
        using var pixels = Resampler.ToFloat(picture, picture.Width, picture.Height);
        using var drawn = _renderer.RenderAsync(pixels, style, pictures: 1, cancellationToken).GetAwaiter().GetResult();
        var result = new PixelBuffer(picture.Width, picture.Height, channels: 3);
        Resampler.ToBytes(drawn, result);
        return result;
    }

    public void Dispose()
    {
        _renderer.Dispose();
        _faceDetector.Dispose();
    }

    /// <summary>The size that the network sees: never larger than the portrait.</summary>
    internal static (int Width, int Height) WorkingSize(int width, int height)
    {
        var byShortSide = (double)MaxShortSide / Math.Min(width, height);
        var byPixels = Math.Sqrt((double)MaxNetworkPixels / ((double)width * height));
        var scale = Math.Min(1, Math.Min(byShortSide, byPixels));
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }

    private StylizedPicture Draw(PixelBuffer portrait, StyleSelection style, Action? between, CancellationToken cancellationToken)
    {
        var (width, height) = WorkingSize(portrait.Width, portrait.Height);
        using var picture = Resampler.ToFloat(portrait, width, height);
        var faces = DetectFaces(picture, cancellationToken);
        between?.Invoke();
        using var cartoon = InferAsync(picture, style, headIndex: null, cancellationToken).GetAwaiter().GetResult();
        DrawHeads(picture, cartoon, faces, style, between, cancellationToken);

        var result = new PixelBuffer(portrait.Width, portrait.Height, portrait.Channels);
        try
        {
            if (portrait.HasAlpha)
            {
                portrait.Span.CopyTo(result.Span);
            }

            Resampler.ToBytes(cartoon, result);
        }
        catch
        {
            result.Dispose();
            throw;
        }

        var factor = new Vector2((float)portrait.Width / width, (float)portrait.Height / height);
        return new StylizedPicture(result, [.. faces.Select(face => face.Scaled(factor))]);
    }

    private DetectedFace[] DetectFaces(FloatImage picture, CancellationToken cancellationToken)
    {
        using var stage = Telemetry.Start("detect-faces");
        var faces = _faceDetector.Detect(picture, cancellationToken);
        stage.Activity?.SetTag("dctnet.faces", faces.Count);
        return [.. faces.OrderByDescending(face => face.Box.Area).Take(MaxHeads)];
    }

    private void DrawHeads(
        FloatImage picture,
        FloatImage cartoon,
        DetectedFace[] faces,
        StyleSelection style,
        Action? between,
        CancellationToken cancellationToken)
    {
        if (faces.Length == 0)
        {
            return;
        }

        var places = Array.ConvertAll(faces, face => HeadAligner.PictureToHead(face.Landmarks));
        using var drawn = InferHeads(picture, places, style, between, cancellationToken);
        using var blender = new HeadBlender(cartoon);
        foreach (var (head, place) in drawn.Zip(places))
        {
            blender.Add(head, place);
        }

        blender.Finish();
    }

    /// <summary>All heads at once where the network takes several; else each ends before the next begins.</summary>
    private DisposableList<FloatImage> InferHeads(
        FloatImage picture, SimilarityTransform[] places, StyleSelection style, Action? between, CancellationToken cancellationToken)
    {
        var passes = places.Select((place, i) => InferHeadAsync(picture, place, style, i, between, cancellationToken)).ToArray();
        var drawn = new DisposableList<FloatImage>(passes.Length);
        try
        {
            drawn.AddRange(Task.WhenAll(passes).GetAwaiter().GetResult());
            return drawn;
        }
        catch
        {
            drawn.AddRange(passes.Where(pass => pass.IsCompletedSuccessfully).Select(pass => pass.Result));
            drawn.Dispose();
            throw;
        }
    }

    private async Task<FloatImage> InferHeadAsync(
        FloatImage picture,
        SimilarityTransform place,
        StyleSelection style,
        int index,
        Action? between,
        CancellationToken cancellationToken)
    {
        between?.Invoke();
        using var head = HeadAligner.Align(picture, place);
        return await InferAsync(head, style, index, cancellationToken);
    }

    /// <summary>One pass: over the head of this number, or over the whole picture when there is none.</summary>
    private async Task<FloatImage> InferAsync(FloatImage picture, StyleSelection style, int? headIndex, CancellationToken cancellationToken)
    {
        using var stage = Telemetry.Start("infer");
        stage.Activity?.SetTag("dctnet.pass", headIndex is null ? "background" : "head");
        if (headIndex is { } index)
        {
            stage.Activity?.SetTag("dctnet.head.index", index);
        }

        return await _renderer.RenderAsync(picture, style, Volatile.Read(ref _drawing), cancellationToken);
    }
}
