using System.Collections.Concurrent;
using System.CommandLine;
using DctNet.Core.Watermark;
using DctNet.Evaluation;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet watermark evaluate</c>.</summary>
internal static class WatermarkEvaluateCommand
{
    private const string Notes = """
        Marks every picture of DIR, attacks the marked picture, and looks for the exact id. Prints a table of what was found (Markdown), or
        with --csv one line a picture and attack; progress goes to standard error. Key and ids are fixed, so the figures repeat.

        Exit codes:
          0    done, whatever the figures
          1    some pictures could not be read; the figures are of the others
          2    the command line is wrong, or there is no picture
          130  interrupted
        """;

    private static readonly string[] s_extensions = [".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".tif", ".tiff"];

    public static Command Create()
    {
        var directory = CommonOptions.PictureDirectory("Directory with pictures; not searched deeper");
        var csv = new Option<bool>("--csv") { Description = "Comma-separated values instead of the table" };
        var only = new Option<string[]>("--attack")
        {
            Description = "Only this attack of `dctnet watermark attack --list`, or core or further; may be repeated",
            HelpName = "NAME",
        };
        only.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Chosen(token.Value).Any()))
            {
                result.AddError($"--attack {token.Value}: no such attack; see `dctnet watermark attack --list`.");
            }
        });
        var effort = CommonOptions.Effort(DetectEffort.Full);
        var seed = CommonOptions.Number("--seed", "Another seed, other ids", 0, int.MaxValue);
        var parallel = CommonOptions.Number("--parallel", "Pictures at a time; all cores if not given", 1, 256);
        var command = new NotedCommand("evaluate", "Measures what marks survive") { Notes = Notes };
        command.Arguments.Add(directory);
        foreach (var option in new Option[] { csv, only, effort, seed, parallel })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.Usage,
            async () =>
            {
                var names = parsed.GetValue(only) is { Length: > 0 } given ? given : ["core", "further"];
                var attacks = names.SelectMany(Chosen).Distinct().ToList();
                var evaluator = new Evaluator(attacks, CommonOptions.Effort(parsed.GetRequiredValue(effort)), parsed.GetValue(seed) ?? 0);
                var io = parsed.InvocationConfiguration;
                var files = Directory.EnumerateFiles(parsed.GetRequiredValue(directory))
                    .Where(file => s_extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                    .Order(StringComparer.Ordinal).ToList();
                if (files.Count == 0)
                {
                    await io.Error.WriteLineAsync($"dctnet: {parsed.GetRequiredValue(directory)}: no pictures in it");
                    return ExitCode.Usage;
                }

                var pictures = await EvaluateAsync(
                    evaluator, files, parsed.GetValue(parallel) ?? Environment.ProcessorCount, io.Error, cancellation);
                var report = new EvaluationReport(pictures);
                if (parsed.GetValue(csv))
                {
                    report.WriteCsv(io.Output);
                }
                else
                {
                    report.WriteTable(io.Output);
                }

                return pictures.Count == files.Count ? ExitCode.Done : ExitCode.SomeFailed;
            },
            cancellation));
        return command;
    }

    private static IEnumerable<Attack> Chosen(string name) => AttackSuite.All.Where(attack =>
        attack.Name == name || attack.Group.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));

    private static async Task<IReadOnlyCollection<PictureEvaluation>> EvaluateAsync(
        Evaluator evaluator, List<string> files, int parallel, TextWriter error, CancellationToken cancellationToken)
    {
        var results = new ConcurrentBag<PictureEvaluation>();
        var log = TextWriter.Synchronized(error);
        var done = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files, options, async (file, cancellation) =>
        {
            var line = await OneAsync(evaluator, file, results, cancellation);
            await log.WriteLineAsync($"[{Interlocked.Increment(ref done)}/{files.Count}] {file}: {line}");
        });
        return results;
    }

    /// <summary>Evaluates one file; returns what to say about it.</summary>
    private static async Task<string> OneAsync(
        Evaluator evaluator, string file, ConcurrentBag<PictureEvaluation> results, CancellationToken cancellationToken)
    {
        try
        {
            if (!(await LocalPicture.ReadAsync(file, cancellationToken)).TryGet(out var picture, out var failure))
            {
                return failure.Message;
            }

            using (picture)
            {
                var result = evaluator.Evaluate(Path.GetFileNameWithoutExtension(file), picture.Pixels, cancellationToken);
                results.Add(result);
                return result.Embedding.Reason
                    ?? $"{result.Trials.Count(trial => trial.Recovered)} of {result.Trials.Count} attacks survived";
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
