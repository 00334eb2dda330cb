using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;

namespace DctNet.Training;

/// <summary>
/// Fills the cache of teacher pairs: every photo whole, as an aligned head and as varied views of it, in every style, once. What is there
/// is kept.
/// </summary>
internal sealed class PrepareCommand(TrainingOptions options, RunLog log)
{
    /// <summary>Heads are cut from photos of at most this short side, so that an aligned head is not taken from more than twice its pixels.</summary>
    public const int HeadSourceShortSide = 1280;

    /// <summary>How much of what a blur takes away is added to varied views of enlarged heads, at most.</summary>
    private const float MostSharpening = 2;

    /// <summary>Standard deviation, in pixels of the photo, of the blur that interpolation leaves.</summary>
    private const float BlurOfEnlarging = 0.6f;

    private readonly HeldOut _heldOut = HeldOut.Load();

    /// <exception cref="InvalidOperationException">The face detector does not load.</exception>
    public void Run()
    {
        using var teacher = new Teacher(options.TeacherFolder, options.Threads);
        if (!FaceDetector.Open(options.DetectorFile, new InferenceOptions { IntraOpThreads = options.Threads }).TryGet(out var detector, out var failure))
        {
            throw new InvalidOperationException(failure.Message);
        }

        using (detector)
        {
            Directory.CreateDirectory(options.CacheFolder);
            var photos = PhotoSet.List(options.PhotoFolders);
            log.Write($"prepare: {photos.Count} photos, styles {string.Join(' ', teacher.Styles)}");
            foreach (var kind in options.Kinds)
            {
                // One view of every photo before the second of any: what is there may be trained on meanwhile.
                foreach (var variant in kind == PictureKind.Varied ? Enumerable.Range(options.FirstVariant, options.Variants) : [0])
                {
                    Prepare(teacher, detector, photos, kind, variant);
                }
            }
        }

        log.Write("prepare: complete");
    }

    private void Prepare(Teacher teacher, FaceDetector detector, IReadOnlyList<PhotoSet.Entry> photos, string kind, int variant)
    {
        for (var i = 0; i < photos.Count; i++)
        {
            var name = new PairName(kind, variant, photos[i].Id);
            if (!File.Exists(Path.Combine(options.CacheFolder, name.ToString())) && (variant == 0 || !_heldOut.Contains(name.PhotoId)))
            {
                PrepareOne(teacher, detector, photos, photos[i].Path, name);
            }

            if ((i + 1) % 50 == 0)
            {
                log.Write($"prepare: {kind}{(variant > 0 ? variant : "")} {i + 1}/{photos.Count}");
            }
        }
    }

    private void PrepareOne(Teacher teacher, FaceDetector detector, IReadOnlyList<PhotoSet.Entry> photos, string photo, PairName name)
    {
        var source = Photo.Load(photo, name.Kind == PictureKind.Whole ? options.WholeShortSide : HeadSourceShortSide);
        using var pixels = source.ToPixelBuffer();
        var faces = detector.Detect(pixels);
        if (name.Kind != PictureKind.Whole && faces.Count == 0)
        {
            log.Write($"prepare: no face in {name.PhotoId}");
            return;
        }

        var (picture, marks) = name.Kind switch
        {
            PictureKind.Whole => (source.PadTo(Teacher.SizeMultiple), faces.Count > 0 ? Points(faces[0].Landmarks) : []),
            PictureKind.Head => Head(pixels, faces[0].Landmarks),
            PictureKind.Varied => Varied(detector, Others(photos, name.PhotoId), pixels, faces[0].Landmarks, new Random(PhotoSet.Seed(name.ToString()))),
            _ => throw new ArgumentException($"There is no kind {name.Kind}."),
        };
        var planes = new List<byte[]> { picture.Pixels };
        for (var style = 0; style < teacher.Styles.Length; style++)
        {
            planes.Add(teacher.Run(style, picture.Pixels, picture.Width, picture.Height));
        }

        var path = Path.Combine(options.CacheFolder, name.ToString());
        File.Delete(PairFile.FairPath(path)); // Of another pair of this name, if it was taken away.
        PairFile.Write(
            path,
            picture.Width,
            picture.Height,
            faces.Count,
            [.. marks.SelectMany(point => new[] { point.X, point.Y })],
            teacher.Styles,
            planes);
    }

    /// <summary>The aligned head, and where its landmarks are.</summary>
    public static (Photo Head, Vector2[] Marks) Head(PixelBuffer pixels, in FaceLandmarks landmarks)
        => Cut(pixels, landmarks, HeadAligner.PictureToHead(landmarks));

    // Of the same folder: enlarged photos are not mixed into sharp ones. None that is held out.
    private List<PhotoSet.Entry> Others(IReadOnlyList<PhotoSet.Entry> photos, string id)
        => [.. photos.Where(photo => photo.Id != id && PhotoSet.Folder(photo.Id) == PhotoSet.Folder(id) && !_heldOut.Contains(photo.Id))];

    private static (Photo Head, Vector2[] Marks) Varied(
        FaceDetector detector, List<PhotoSet.Entry> others, PixelBuffer pixels, in FaceLandmarks landmarks, Random random)
    {
        var move = Move(random);
        var sharper = random.NextSingle() * MostSharpening;
        var (head, marks) = Cut(pixels, landmarks, HeadAligner.PictureToHead(landmarks).Then(move), sharper);
        if (others.Count > 0 && random.Next(2) == 0)
        {
            var other = others[random.Next(others.Count)];
            using var otherPixels = Photo.Load(other.Path, HeadSourceShortSide).ToPixelBuffer();
            if (detector.Detect(otherPixels) is [var face, ..])
            {
                var (otherHead, _) = Cut(otherPixels, face.Landmarks, HeadAligner.PictureToHead(face.Landmarks).Then(move), sharper);
                var middle = marks.Aggregate((a, b) => a + b) / marks.Length;
                head = head.Mixed(otherHead, new SlowWaves(random, HeadAligner.HeadSize, 1), middle, Vector2.Distance(marks[0], marks[1]));
            }
        }

        var bend = new Bend(random, HeadAligner.HeadSize);
        (head, marks) = (head.Bent(bend), Array.ConvertAll(marks, bend.To));
        if (random.Next(2) == 0)
        {
            Vector2 Mirror(Vector2 point) => new(HeadAligner.HeadSize - point.X, point.Y);
            (head, marks) = (head.Mirrored(), [Mirror(marks[1]), Mirror(marks[0]), Mirror(marks[2]), Mirror(marks[3])]);
        }

        return (random.Next(2) == 0 ? head : head.Relit(random), marks);
    }

    // About the middle of the head: two thirds to one and a half times its size, up to 20° to either side, up to a twelfth of the side away,
    // but in half of all cases each by no more than an eighth of that: heads come aligned.
    private static SimilarityTransform Move(Random random)
    {
        float Draw(float most) => MathF.Pow((random.NextSingle() * 2) - 1, 3) * most;
        const float middle = HeadAligner.HeadSize / 2f;
        var (scale, angle) = (MathF.Exp(Draw(0.4f)), Draw(MathF.PI / 9));
        var (a, b) = (scale * MathF.Cos(angle), scale * MathF.Sin(angle));
        return new SimilarityTransform(a, b, middle - ((a - b) * middle) + Draw(24), middle - ((a + b) * middle) + Draw(24));
    }

    // An enlarged head is blurred: sharpened, small photos of many people teach what is drawn of sharp ones.
    private static (Photo Head, Vector2[] Marks) Cut(PixelBuffer pixels, in FaceLandmarks landmarks, SimilarityTransform transform, float sharper = 0)
    {
        using var aligned = HeadAligner.Align(pixels, transform);
        var head = new Photo(aligned.Span.ToArray(), aligned.Width, aligned.Height);
        return (
            sharper > 0 && transform.Scale > 1 ? head.Sharpened(transform.Scale * BlurOfEnlarging, sharper) : head,
            Array.ConvertAll(Points(landmarks), transform.Apply));
    }

    private static Vector2[] Points(in FaceLandmarks marks) => [marks.RightEye, marks.LeftEye, marks.Nose, marks.Mouth];
}
