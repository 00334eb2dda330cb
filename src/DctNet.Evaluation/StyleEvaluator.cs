using System.Diagnostics.CodeAnalysis;
using DctNet.Core;
using DctNet.Core.Cartoon;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using DctNet.Core.Watermark;

namespace DctNet.Evaluation;

/// <summary>
/// Draws photos with a catalog and with its teacher and compares: heads as one pass draws them, and whole pictures as the recipe does,
/// before a mark or a label. One thread and one photo at a time, so that times mean something.
/// </summary>
public sealed class StyleEvaluator : IDisposable
{
    /// <summary>Side of the smallest picture that can be compared, pixels: a few windows of SSIM, and what SqueezeNet's poolings leave.</summary>
    public const int MinSide = 64;

    private static readonly InferenceOptions s_oneThread = new() { ExecutionProvider = ExecutionProvider.Cpu, IntraOpThreads = 1 };

    private readonly StyleEvaluationOptions _options;
    private readonly Cartoonizer _student;
    private readonly Cartoonizer _teacher;
    private readonly FaceDetector _detector;
    private readonly PerceptualDistance? _perceptual;
    private readonly IdentityDistance? _identity;
    private readonly List<(string Name, StyleSelection Student, StyleSelection Teacher)> _styles;

    private StyleEvaluator(
        Cartoonizer student,
        Cartoonizer teacher,
        FaceDetector detector,
        PerceptualDistance? perceptual,
        IdentityDistance? identity,
        List<(string Name, StyleSelection Student, StyleSelection Teacher)> styles,
        StyleEvaluationOptions options) =>
        (_student, _teacher, _detector, _perceptual, _identity, _styles, _options) = (student, teacher, detector, perceptual, identity, styles, options);

    /// <summary>The styles that both have, in the student's order.</summary>
    public IReadOnlyList<string> Styles => [.. _styles.Select(style => style.Name)];

    /// <param name="student">Whose styles are judged.</param>
    /// <param name="teacher">Who has the same styles as they should be, by the same names.</param>
    /// <param name="options">Sizes, correction, and the networks that judge.</param>
    public static Outcome<StyleEvaluator> Open(ModelCatalog student, ModelCatalog teacher, StyleEvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        ArgumentNullException.ThrowIfNull(options);
        var styles = new List<(string Name, StyleSelection Student, StyleSelection Teacher)>();
        foreach (var name in student.Styles.Select(style => style.Name))
        {
            if (student.Select(name).TryGet(out var own, out _) && teacher.Select(name).TryGet(out var reference, out _))
            {
                styles.Add((name, own, reference));
            }
        }

        if (styles.Count == 0)
        {
            return new Failure(FailureCode.InvalidOption, "The teacher has none of the styles.");
        }

        var opened = new List<IDisposable>();
        PerceptualDistance? perceptual = null;
        IdentityDistance? identity = null;
        Failure? failure = null;
        if (Keep(Cartoonizer.Open(student, s_oneThread), out var studentNetworks)
            && Keep(Cartoonizer.Open(teacher, s_oneThread), out var teacherNetworks)
            && Keep(FaceDetector.Open(student.FaceDetectorPath, s_oneThread), out var detector)
            && (options.PerceptualFile is not { } file || Keep(PerceptualDistance.Open(file), out perceptual))
            && (options.IdentityFile is not { } faces || Keep(IdentityDistance.Open(faces), out identity)))
        {
            return new StyleEvaluator(studentNetworks, teacherNetworks, detector, perceptual, identity, styles, options);
        }

        opened.ForEach(network => network.Dispose());
        return failure!;

        bool Keep<T>(Outcome<T> outcome, [NotNullWhen(true)] out T? value)
            where T : class, IDisposable
        {
            if (!outcome.TryGet(out value, out failure))
            {
                return false;
            }

            opened.Add(value);
            return true;
        }
    }

    /// <summary>Draws one photo in every style and compares.</summary>
    /// <param name="name">What the photo is called in the scores.</param>
    /// <param name="photo">At least <see cref="MinSide"/> pixels a side; alpha is taken over white.</param>
    /// <param name="sheet">Receives the heads; may be null.</param>
    /// <param name="cancellationToken">Stops between and inside network runs.</param>
    public IReadOnlyList<StyleScore> Evaluate(
        string name, PixelBuffer photo, ContactSheet? sheet = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(photo);
        ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(photo.Width, photo.Height), MinSide);
        var scale = Math.Min(1.0, (double)_options.WholeShortSide / Math.Min(photo.Width, photo.Height));
        using var flat = VipsConversion.ToRgb(photo);
        using var opaque = VipsConversion.ToPixels(flat);
        using var whole = ImageResizer.Resize(opaque, (int)Math.Round(photo.Width * scale), (int)Math.Round(photo.Height * scale));
        return
        [
            .. EvaluateHead(name, opaque, sheet, cancellationToken),
            .. EvaluateWhole(name, whole, cancellationToken),
        ];
    }

    public void Dispose()
    {
        _student.Dispose();
        _teacher.Dispose();
        _detector.Dispose();
        _perceptual?.Dispose();
        _identity?.Dispose();
    }

    private List<StyleScore> EvaluateHead(string name, PixelBuffer photo, ContactSheet? sheet, CancellationToken cancellationToken)
    {
        var scores = new List<StyleScore>();
        if (_detector.Detect(photo, cancellationToken) is not [var face, ..])
        {
            return scores;
        }

        var transform = HeadAligner.PictureToHead(face.Landmarks);
        using var head = HeadAligner.Align(photo, transform);
        var marks = face.Landmarks;
        var aligned = new FaceLandmarks(
            transform.Apply(marks.RightEye), transform.Apply(marks.LeftEye), transform.Apply(marks.Nose), transform.Apply(marks.Mouth));
        var fair = new FairTarget(head.Span, head.Width, head.Height, aligned);
        var skin = SkinColour.Of(head.Span, head.Width);
        var person = _identity?.Embed(head);
        var row = new List<byte[]> { head.Span.ToArray() };
        foreach (var (style, student, teacher) in _styles)
        {
            using var drawn = _student.Render(head, student, cancellationToken);
            using var taught = _teacher.Render(head, teacher, cancellationToken);
            var reference = Reference(taught, style, [fair]);
            var shift = new SkinShift(skin, SkinColour.Of(drawn.Span, head.Width) - skin, SkinColour.Of(taught.Span, head.Width) - skin);
            scores.Add(Compare(name, style, PictureView.Head, drawn, reference) with { Identity = Identity(person, drawn, reference), Skin = shift });
            row.AddRange([reference, drawn.Span.ToArray()]);
        }

        sheet?.Add(row);
        return scores;
    }

    private List<StyleScore> EvaluateWhole(string name, PixelBuffer photo, CancellationToken cancellationToken)
    {
        List<FairTarget> fair =
            [.. _detector.Detect(photo, cancellationToken).Select(face => new FairTarget(photo.Span, photo.Width, photo.Height, face.Landmarks))];
        var scores = new List<StyleScore>();
        foreach (var (style, student, teacher) in _styles)
        {
            var (drawn, ownTime) = Timed(() => _student.Stylize(photo, student, cancellationToken));
            using (drawn)
            {
                var (taught, teacherTime) = Timed(() => _teacher.Stylize(photo, teacher, cancellationToken));
                using (taught)
                {
                    var reference = Reference(taught.Pixels, style, fair);
                    scores.Add(Compare(name, style, PictureView.Whole, drawn.Pixels, reference) with { Time = new DrawingTime(ownTime, teacherTime) });
                }
            }
        }

        return scores;
    }

    private byte[] Reference(PixelBuffer taught, string style, IReadOnlyList<FairTarget> faces)
        => _options.Fair ? faces.Aggregate(taught.Span.ToArray(), (pixels, face) => face.Correct(pixels, style)) : taught.Span.ToArray();

    private IdentityLoss? Identity(float[]? person, PixelBuffer drawn, byte[] reference)
    {
        if (person is null)
        {
            return null;
        }

        using var wanted = new PixelBuffer(drawn.Width, drawn.Height, 3);
        reference.CopyTo(wanted.Span);
        return new IdentityLoss(
            IdentityDistance.Between(person, _identity!.Embed(drawn)), IdentityDistance.Between(person, _identity.Embed(wanted)));
    }

    private StyleScore Compare(string name, string style, PictureView view, PixelBuffer drawn, byte[] reference)
    {
        var (own, wanted) = (PictureMeasures.Luma(drawn.Span), PictureMeasures.Luma(reference));
        return new StyleScore(
            name,
            style,
            view,
            Ssim.Of(wanted, own, drawn.Width),
            PictureMeasures.PsnrDb(drawn.Span, reference),
            _perceptual?.Between(drawn.Span, reference, drawn.Width),
            PictureMeasures.Gradient(own, drawn.Width) / Math.Max(PictureMeasures.Gradient(wanted, drawn.Width), double.Epsilon),
            PictureMeasures.Chroma(drawn.Span, own),
            Identity: null,
            Skin: null,
            Time: null);
    }

    /// <summary>A result and the processor time that it took.</summary>
    private static (T Result, double Milliseconds) Timed<T>(Func<T> draw)
    {
        var before = Environment.CpuUsage.TotalTime;
        var result = draw();
        return (result, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
    }
}
