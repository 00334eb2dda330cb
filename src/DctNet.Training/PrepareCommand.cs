using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;

namespace DctNet.Training;

/// <summary>Fills the cache of teacher pairs: every photo whole, as an aligned head and as varied ones, in every style, once. What is there is kept.</summary>
internal sealed class PrepareCommand(TrainingOptions options, RunLog log)
{
    /// <summary>Heads are cut from photos of at most this short side, so that a head is not taken from more than twice its pixels.</summary>
    public const int HeadSourceShortSide = 1280;

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
                // One variant of every photo before the second of any: what is there may be trained on meanwhile.
                for (var variant = 1; variant <= (kind == PictureKind.Varied ? options.Variants : 1); variant++)
                {
                    Prepare(teacher, detector, photos, kind, kind == PictureKind.Varied ? $"{kind}{variant}" : kind);
                }
            }
        }

        log.Write("prepare: complete");
    }

    private void Prepare(Teacher teacher, FaceDetector detector, IReadOnlyList<PhotoSet.Entry> photos, string kind, string prefix)
    {
        for (var i = 0; i < photos.Count; i++)
        {
            var path = Path.Combine(options.CacheFolder, $"{prefix}-{photos[i].Id}.pair");
            if (!File.Exists(path) && !(kind == PictureKind.Varied && _heldOut.Contains(photos[i].Id)))
            {
                PrepareOne(teacher, detector, photos[i], kind, path);
            }

            if ((i + 1) % 50 == 0)
            {
                log.Write($"prepare: {prefix} {i + 1}/{photos.Count}");
            }
        }
    }

    private void PrepareOne(Teacher teacher, FaceDetector detector, PhotoSet.Entry entry, string kind, string path)
    {
        var source = Photo.Load(entry.Path, kind == PictureKind.Whole ? options.WholeShortSide : HeadSourceShortSide);
        using var pixels = source.ToPixelBuffer();
        var faces = detector.Detect(pixels);
        if (kind != PictureKind.Whole && faces.Count == 0)
        {
            log.Write($"prepare: no face in {entry.Id}");
            return;
        }

        var (picture, marks) = kind switch
        {
            PictureKind.Whole => (source.PadTo(Teacher.SizeMultiple), faces.Count > 0 ? Points(faces[0].Landmarks) : []),
            PictureKind.Head => Head(pixels, faces[0].Landmarks),
            _ => Varied(pixels, faces[0].Landmarks, new Random(PhotoSet.Seed(Path.GetFileName(path)))),
        };
        var planes = new List<byte[]> { picture.Pixels };
        for (var style = 0; style < teacher.Styles.Length; style++)
        {
            planes.Add(teacher.Run(style, picture.Pixels, picture.Width, picture.Height));
        }

        PairFile.Write(path, picture.Width, picture.Height, faces.Count, [.. marks.SelectMany(point => new[] { point.X, point.Y })], teacher.Styles, planes);
    }

    /// <summary>The aligned head, and where its landmarks are.</summary>
    public static (Photo Head, Vector2[] Marks) Head(PixelBuffer pixels, in FaceLandmarks landmarks)
        => (Align(pixels, landmarks), Array.ConvertAll(Points(landmarks), HeadAligner.PictureToHead(landmarks).Apply));

    private static (Photo Head, Vector2[] Marks) Varied(PixelBuffer pixels, in FaceLandmarks landmarks, Random random)
    {
        var toHead = HeadAligner.PictureToHead(landmarks);
        var move = Move(random);
        var (fromHead, moveBack) = (toHead.Inverse(), move.Inverse());

        // The aligner brings these points to where it would have the face's own; those then are where the move takes them.
        var moved = Array.ConvertAll(Points(landmarks), point => fromHead.Apply(moveBack.Apply(toHead.Apply(point))));
        var head = Align(pixels, new FaceLandmarks(moved[0], moved[1], moved[2], moved[3])).Bent(random);
        var marks = Array.ConvertAll(Points(landmarks), point => move.Apply(toHead.Apply(point)));
        if (random.Next(2) == 0)
        {
            head = head.Mirrored();
            Vector2 Mirror(Vector2 point) => new(head.Width - point.X, point.Y);
            marks = [Mirror(marks[1]), Mirror(marks[0]), Mirror(marks[2]), Mirror(marks[3])];
        }

        return (random.Next(2) == 0 ? head : head.Relit(random), marks);
    }

    // About the middle of the head: 0.6 to 1.4 times its size, up to 20° to either side, up to a twelfth of the side away.
    private static SimilarityTransform Move(Random random)
    {
        float Draw(float most) => ((random.NextSingle() * 2) - 1) * most;
        const float middle = HeadAligner.HeadSize / 2f;
        var (scale, angle) = (0.92f * MathF.Exp(Draw(0.42f)), Draw(MathF.PI / 9));
        var (a, b) = (scale * MathF.Cos(angle), scale * MathF.Sin(angle));
        return new SimilarityTransform(a, b, middle - ((a - b) * middle) + Draw(24), middle - ((a + b) * middle) + Draw(24));
    }

    private static Photo Align(PixelBuffer pixels, in FaceLandmarks landmarks)
    {
        using var head = HeadAligner.Align(pixels, landmarks);
        return new Photo(head.Span.ToArray(), head.Width, head.Height);
    }

    private static Vector2[] Points(in FaceLandmarks marks) => [marks.RightEye, marks.LeftEye, marks.Nose, marks.Mouth];
}
