using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;

namespace DctNet.Training;

/// <summary>Fills the cache of teacher pairs: every photo whole and as aligned heads, in every style, once. What is there is kept.</summary>
internal sealed class PrepareCommand(TrainingOptions options, RunLog log)
{
    /// <summary>Heads are cut from photos of at most this short side, so that a head is not taken from more than twice its pixels.</summary>
    public const int HeadSourceShortSide = 1280;

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
                for (var i = 0; i < photos.Count; i++)
                {
                    var path = Path.Combine(options.CacheFolder, $"{kind}-{photos[i].Id}.pair");
                    if (!File.Exists(path))
                    {
                        PrepareOne(teacher, detector, photos[i], kind, path);
                    }

                    if ((i + 1) % 50 == 0)
                    {
                        log.Write($"prepare: {kind} {i + 1}/{photos.Count}");
                    }
                }
            }
        }

        log.Write("prepare: complete");
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

        var picture = kind switch
        {
            PictureKind.Whole => source.PadTo(Teacher.SizeMultiple),
            PictureKind.Head => Head(pixels, faces[0]),
            _ => Head(pixels, faces[0]).Relit(new Random(PhotoSet.Seed(entry.Id))),
        };
        var planes = new List<byte[]> { picture.Pixels };
        for (var style = 0; style < teacher.Styles.Length; style++)
        {
            planes.Add(teacher.Run(style, picture.Pixels, picture.Width, picture.Height));
        }

        PairFile.Write(path, picture.Width, picture.Height, faces.Count, Landmarks(faces, kind), teacher.Styles, planes);
    }

    public static Photo Head(PixelBuffer pixels, in DetectedFace face)
    {
        using var head = HeadAligner.Align(pixels, face.Landmarks);
        return new Photo(head.Span.ToArray(), head.Width, head.Height);
    }

    private static float[] Landmarks(IReadOnlyList<DetectedFace> faces, string kind)
    {
        if (faces.Count == 0)
        {
            return [];
        }

        var marks = faces[0].Landmarks;
        var transform = kind == PictureKind.Whole ? new SimilarityTransform(1, 0, 0, 0) : HeadAligner.PictureToHead(marks);
        Vector2[] points = [marks.RightEye, marks.LeftEye, marks.Nose, marks.Mouth];
        return [.. points.Select(transform.Apply).SelectMany(point => new[] { point.X, point.Y })];
    }
}
