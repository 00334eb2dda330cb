using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Inference;
using NetVips;

namespace DctNet.Training;

/// <summary>
/// Pictures for the model card from the first photo given: <c>styles.png</c>, the aligned head and each style, four in a row, and
/// <c>mixtures.png</c>, five steps from the last style to <c>sketch</c> (or to the first).
/// </summary>
internal sealed class SheetCommand(TrainingOptions options)
{
    private const int Columns = 4;
    private const int MixtureSteps = 5;

    /// <exception cref="InvalidOperationException">A model does not load, or the photo shows no face.</exception>
    public void Run()
    {
        var folder = options.ModelsFolder ?? throw new InvalidOperationException("sheet needs --models FOLDER.");
        var styles = StoredStudent.Read(Path.Combine(folder, ExportCommand.FileName)).Facts.Styles.ToList();
        var head = Head(PhotoSet.List(options.PhotoFolders)[0].Path);
        using var student = new Student(Path.Combine(folder, ExportCommand.FileName), options.Threads);
        var input = head.Pixels.Select(value => (float)value).ToArray();

        Photo Draw(Func<int, float> weight)
        {
            var output = student.Run(input, [.. Enumerable.Range(0, styles.Count).Select(weight)], head.Width, head.Height);
            return head with { Pixels = [.. output.Select(value => (byte)MathF.Round(value))] };
        }

        Save([head, .. styles.Select((_, style) => Draw(i => i == style ? 1 : 0))], Columns, Path.Combine(folder, "styles.png"));
        var (from, to) = (styles.Count - 1, Math.Max(0, styles.IndexOf("sketch")));
        var mixtures = Enumerable.Range(0, MixtureSteps)
            .Select(step => step / (MixtureSteps - 1f))
            .Select(part => Draw(i => (i == from ? 1 - part : 0) + (i == to ? part : 0)));
        Save([.. mixtures], MixtureSteps, Path.Combine(folder, "mixtures.png"));
    }

    private Photo Head(string path)
    {
        if (!FaceDetector.Open(options.DetectorFile, new InferenceOptions { IntraOpThreads = options.Threads }).TryGet(out var detector, out var failure))
        {
            throw new InvalidOperationException(failure.Message);
        }

        using (detector)
        {
            using var pixels = Photo.Load(path, PrepareCommand.HeadSourceShortSide).ToPixelBuffer();
            var faces = detector.Detect(pixels);
            return faces.Count > 0
                ? PrepareCommand.Head(pixels, faces[0].Landmarks).Head
                : throw new InvalidOperationException($"{path} shows no face.");
        }
    }

    private static void Save(IReadOnlyList<Photo> pictures, int columns, string path)
    {
        var images = pictures.Select(picture => picture.ToImage()).ToArray();
        using var sheet = Image.Arrayjoin(images, across: columns).Copy(interpretation: Enums.Interpretation.Srgb);
        sheet.WriteToFile(path);
        Array.ForEach(images, image => image.Dispose());
    }
}
