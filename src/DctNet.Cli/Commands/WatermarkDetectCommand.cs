using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DctNet.Cli.Output;
using DctNet.Core.Watermark;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet watermark detect</c>.</summary>
internal static class WatermarkDetectCommand
{
    private const string Notes = """
        JSON, one line a file:
          {"file","found","id","keyId","path":"direct|scale|rotation|aspect","falsePositiveBound","ms"}
          {"file","error":{"reason","message"}} where a file cannot be examined

        Exit codes:
          0    a mark in every file
          1    no mark in some
          2    an error
          130  interrupted
        """;

    public static Command Create()
    {
        var files = CommonOptions.Files("FILE", "Pictures");
        var json = new Option<bool>("--json") { Description = "One JSON line a file" };
        var effort = CommonOptions.Effort();
        var command = new NotedCommand("detect", "Looks for marks of this machine's keys") { Notes = Notes };
        command.Arguments.Add(files);
        command.Options.Add(json);
        command.Options.Add(effort);
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.Usage,
            async () =>
            {
                var io = parsed.InvocationConfiguration;
                var depth = CommonOptions.Effort(parsed.GetRequiredValue(effort));
                var detector = new WatermarkDetector(LocalKeys.Load(io.Error));
                var worst = ExitCode.Done;
                foreach (var file in parsed.GetRequiredValue(files))
                {
                    worst = Math.Max(worst, await OneAsync(detector, file, depth, parsed.GetValue(json), io, cancellation));
                }

                return worst;
            },
            cancellation));
        return command;
    }

    private static async Task<int> OneAsync(
        WatermarkDetector detector,
        string file,
        DetectEffort effort,
        bool json,
        InvocationConfiguration io,
        CancellationToken cancellationToken)
    {
        try
        {
            if (InputFiles.Check(file) is { } problem)
            {
                io.Fail(file, null, problem, json);
                return ExitCode.Usage;
            }

            if (!(await LocalPicture.ReadAsync(file, cancellationToken)).TryGet(out var picture, out var failure))
            {
                io.Fail(file, failure, json);
                return ExitCode.Usage;
            }

            using (picture)
            {
                var start = Stopwatch.GetTimestamp();
                var result = detector.Detect(picture.Pixels, effort, cancellationToken);
                var line = new DetectLine(
                    file,
                    result.Found,
                    result.Id?.ToString(),
                    result.KeyId,
                    result.Path.ToString().ToLowerInvariant(),
                    result.FalsePositiveBound,
                    Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1));
                await io.Output.WriteLineAsync(json ? CliJson.Line(line) : Text(line));
                return result.Found ? ExitCode.Done : ExitCode.SomeFailed;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            io.Fail(file, null, e.Message, json);
            return ExitCode.Usage;
        }
    }

    private static string Text(DetectLine line) => line.Found
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{line.File}: id {line.Id}, key {line.KeyId} ({line.Path}, false positives at most {line.FalsePositiveBound:0.0e+0})")
        : $"{line.File}: no mark found (looked as far as: {line.Path})";
}
