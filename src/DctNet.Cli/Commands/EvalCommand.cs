using System.CommandLine;
using DctNet.Cli.Files;
using DctNet.Cli.Output;
using DctNet.Core.Models;
using DctNet.Evaluation;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet eval</c>.</summary>
internal static class EvalCommand
{
    private const string Notes = """
        Draws the photos below DIR with each style of the catalog and with the teacher's style of that name, unmarked, and prints how far they
        are apart (Markdown): SSIM of luma (Gaussian, sigma 1.5, range 255), PSNR, perceptual distance (relative L1 of SqueezeNet's
        features; needs --perceptual), line sharpness (mean gradient magnitude, student over teacher), mean chroma, processor time of one
        thread, and the shift of skin colour in CIE L*a*b* by thirds of the photos. With --identity also how far the drawn head, and the
        teacher's, are from the photo for a face-recognition network: 1 - cosine, 0 for the same picture, about 1 for two persons. The
        reference is the teacher's picture corrected as the model card says, or with --uncorrected as it is. Styles that the teacher lacks,
        such as mixtures, are named and left out.

        Exit codes:
          0    done, whatever the figures
          1    some photos could not be read; the figures are of the others
          2    the command line is wrong, or there is no photo
          3    networks do not load, or a file cannot be read or written
          130  interrupted
        """;

    private sealed record Settings(
        string Directory, string Teacher, string? Models, string? HeldOut, int? Limit, bool Csv, bool Json, string? Sheet, StyleEvaluationOptions Options);

    public static Command Create()
    {
        var directory = CommonOptions.PictureDirectory("Directory with photos, searched through");
        var teacher = new Option<string>("--teacher")
        {
            Description = "Directory with the teacher's networks: catalog.json or dctnet_<style>*.onnx files",
            HelpName = "DIR",
            Required = true,
        };
        var models = CommonOptions.Models();
        var heldOut = new Option<string?>("--held-out")
        {
            Description = "Only photos of this list: a line each, folder, underscore, file name without extension",
            HelpName = "FILE",
        };
        var perceptual = new Option<string?>("--perceptual") { Description = "SqueezeNet 1.0 as ONNX, for the perceptual distance", HelpName = "FILE" };
        var identity = new Option<string?>("--identity")
        {
            Description = "A face-recognition network as ONNX, for the distance from the photo's person: RGB of 112 x 112 as (x - 127.5) / 127.5",
            HelpName = "FILE",
        };
        var uncorrected = new Option<bool>("--uncorrected") { Description = "Compare with the teacher's pictures as they are" };
        var limit = CommonOptions.Number("--limit", "At most so many photos, spread evenly over all", 1, int.MaxValue);
        var shortSide = CommonOptions.Number("--short-side", "Short side of whole pictures; 384 if not given", StyleEvaluator.MinSide, 8192);
        var csv = new Option<bool>("--csv") { Description = "One line a picture and style, comma-separated, instead of the tables" };
        var json = new Option<bool>("--json") { Description = "The same as JSON lines" };
        var sheet = new Option<string?>("--sheet") { Description = "Also write a contact sheet (PNG) of the first heads", HelpName = "FILE" };
        CommonOptions.RequireDirectory(sheet);
        CommonOptions.RefuseEmpty(teacher, heldOut, perceptual, identity);
        var command = new NotedCommand("eval", "Measures styles against their teacher") { Notes = Notes };
        command.Arguments.Add(directory);
        foreach (var option in new Option[] { teacher, models, heldOut, perceptual, identity, uncorrected, limit, shortSide, csv, json, sheet })
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetValue(csv) && result.GetValue(json))
            {
                result.AddError("--csv and --json exclude each other.");
            }
        });
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            () => RunAsync(
                new Settings(
                    parsed.GetRequiredValue(directory),
                    parsed.GetRequiredValue(teacher),
                    parsed.GetValue(models),
                    parsed.GetValue(heldOut),
                    parsed.GetValue(limit),
                    parsed.GetValue(csv),
                    parsed.GetValue(json),
                    parsed.GetValue(sheet),
                    new StyleEvaluationOptions
                    {
                        WholeShortSide = parsed.GetValue(shortSide) ?? new StyleEvaluationOptions().WholeShortSide,
                        Fair = !parsed.GetValue(uncorrected),
                        PerceptualFile = parsed.GetValue(perceptual),
                        IdentityFile = parsed.GetValue(identity),
                    }),
                parsed.InvocationConfiguration,
                cancellation),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, InvocationConfiguration io, CancellationToken cancellationToken)
    {
        var photos = Photos(settings);
        if (photos.Count == 0)
        {
            await io.Error.WriteLineAsync($"dctnet: {settings.Directory}: no photos in it{(settings.HeldOut is null ? "" : $" that {settings.HeldOut} lists")}");
            return ExitCode.Usage;
        }

        if (!ModelCatalog.Load(settings.Models ?? ModelCatalog.BundledDirectory).TryGet(out var student, out var failure)
            || !ModelCatalog.Load(settings.Teacher).TryGet(out var teacher, out failure)
            || !StyleEvaluator.Open(student, teacher, settings.Options).TryGet(out var evaluator, out failure))
        {
            await io.Error.WriteLineAsync($"dctnet: {failure.Message}");
            return ExitCode.ServerFailure;
        }

        using (evaluator)
        {
            if (student.Styles.Select(style => style.Name).Except(evaluator.Styles).ToList() is { Count: > 0 } left)
            {
                await io.Error.WriteLineAsync($"dctnet: left out, for the teacher does not have them: {string.Join(", ", left)}");
            }

            var sheet = settings.Sheet is null ? null : new ContactSheet(evaluator.Styles);
            var (scores, read) = await EvaluateAsync(evaluator, photos, sheet, settings.Directory, io.Error, cancellationToken);
            Write(settings, scores, io.Output);
            if (sheet is not null)
            {
                if (!sheet.Encode().TryGet(out var image, out failure))
                {
                    await io.Error.WriteLineAsync($"dctnet: {failure.Message}");
                    return ExitCode.ServerFailure;
                }

                await WholeFile.WriteAsync(settings.Sheet!, image.Bytes, cancellationToken);
            }

            return read == photos.Count ? ExitCode.Done : ExitCode.SomeFailed;
        }
    }

    private static List<string> Photos(Settings settings)
    {
        var listed = settings.HeldOut is null ? null : File.ReadLines(settings.HeldOut).ToHashSet();
        List<string> photos = [.. InputTree.List(settings.Directory).Where(photo => listed is null || listed.Contains(Id(photo)))];
        return settings.Limit is { } limit && limit < photos.Count
            ? [.. Enumerable.Range(0, limit).Select(i => photos[(int)((long)i * photos.Count / limit)])]
            : photos;
    }

    /// <summary>The name of a photo in lists of photos: its folder's and its own.</summary>
    private static string Id(string path)
        => $"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)))}_{Path.GetFileNameWithoutExtension(path)}";

    private static async Task<(List<StyleScore> Scores, int Read)> EvaluateAsync(
        StyleEvaluator evaluator, List<string> photos, ContactSheet? sheet, string root, TextWriter error, CancellationToken cancellationToken)
    {
        var (scores, read) = (new List<StyleScore>(), 0);
        for (var i = 0; i < photos.Count; i++)
        {
            var problem = await EvaluateOneAsync(evaluator, photos[i], Path.GetRelativePath(root, photos[i]), sheet, scores, cancellationToken);
            await error.WriteLineAsync($"[{i + 1}/{photos.Count}] {photos[i]}{(problem is null ? "" : $": {problem}")}");
            read += problem is null ? 1 : 0;
        }

        return (scores, read);
    }

    /// <summary>Scores one photo; returns what was wrong with it, or null.</summary>
    private static async Task<string?> EvaluateOneAsync(
        StyleEvaluator evaluator, string file, string name, ContactSheet? sheet, List<StyleScore> scores, CancellationToken cancellationToken)
    {
        try
        {
            if (!(await LocalPicture.ReadAsync(file, cancellationToken)).TryGet(out var photo, out var failure))
            {
                return failure.Message;
            }

            using (photo)
            {
                if (Math.Min(photo.Pixels.Width, photo.Pixels.Height) < StyleEvaluator.MinSide)
                {
                    return $"a side has less than {StyleEvaluator.MinSide} pixels";
                }

                scores.AddRange(evaluator.Evaluate(name, photo.Pixels, sheet, cancellationToken));
                return null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static void Write(Settings settings, List<StyleScore> scores, TextWriter output)
    {
        var report = new StyleReport(scores);
        if (settings.Csv)
        {
            report.WriteCsv(output);
        }
        else if (settings.Json)
        {
            scores.ForEach(score => output.WriteLine(CliJson.Line(score)));
        }
        else
        {
            report.WriteTables(output);
        }
    }
}
