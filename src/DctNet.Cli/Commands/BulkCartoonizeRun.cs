using System.Text;
using System.Text.RegularExpressions;
using DctNet.Cli.Files;
using DctNet.Cli.Output;
using DctNet.Client;

namespace DctNet.Cli.Commands;

/// <summary>Works through a tree of pictures by bulk streams, with a journal to go on from and a report.</summary>
internal sealed partial class BulkCartoonizeRun(BulkOptions options, bool resume, IDisplay display, TextWriter error)
{
    private readonly IDisplay _display = display;
    private TextWriter? _report;
    private BulkTally _tally = new(0, TimeProvider.System);

    /// <param name="inputs">Files, each once, with the directory below the output that its result goes to.</param>
    /// <param name="directory">The output directory; it is there.</param>
    /// <param name="extension">Of the results, with its dot.</param>
    /// <param name="report">Path of the report, or null.</param>
    /// <param name="choice">The service.</param>
    /// <param name="cancellation">Set by an interrupt; the journal can be gone on from.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(
        IReadOnlyList<(string Path, string Folder)> inputs,
        string directory,
        string extension,
        string? report,
        ServiceChoice choice,
        CancellationToken cancellation)
    {
        // It would be emptied.
        if (report is not null && inputs.Any(input => CanonicalPath.Comparer.Equals(CanonicalPath.Of(input.Path), CanonicalPath.Of(report))))
        {
            await error.WriteLineAsync($"dctnet: {report}: is a picture to be drawn; the report needs a file of its own");
            return ExitCode.Usage;
        }

        // Either stays as the run before left it where the other cannot be had.
        await using var file = report is null ? null : new FileStream(report, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        using var journal = BulkJournal.Open(directory, options.Options!, resume);
        if (journal.IsOfOthers(inputs.Select(input => input.Path)))
        {
            await error.WriteLineAsync(
                $"dctnet: the run to resume in {directory} was one of other pictures, or these lay elsewhere then. " +
                "Give another -o, or leave out --resume to make all of them anew.");
            return ExitCode.Usage;
        }

        file?.SetLength(0);
        await using var reporting = _report = file is null ? null : new StreamWriter(file, new UTF8Encoding(false));
        _tally = new BulkTally(inputs.Count, TimeProvider.System);
        RemoveParts(directory);
        var plan = OutputPlan.Make(inputs, directory, extension, journal.Planned);
        var left = new Dictionary<string, (string Input, string Output, string File)>(StringComparer.Ordinal);
        foreach (var (input, output) in inputs.Select(input => input.Path).Zip(plan))
        {
            if (InputFiles.Check(input) is { } problem)
            {
                Fail(input, null, problem);
            }
            else if (journal.IsDone(input, output))
            {
                var line = journal.Done[CanonicalPath.Of(input)];
                _tally.Kept++;
                Report(new ReportLine(input, "kept", output, line.Id, line.Embedded, null));
            }
            else if (MakeFolderOf(output) is { } refused)
            {
                Fail(input, null, refused);
            }
            else
            {
                left.Add(BulkJournal.ItemId(input), (input, output, BulkJournal.Describe(input)));
                journal.Plan(input, output);
            }
        }

        if (left.Count > 0)
        {
            await using var connection = await ServiceConnection.OpenAsync(choice, cancellation);
            try
            {
                await _display.RunAsync(inputs.Count, () => WorkAsync(connection.Client, journal, left, cancellation));
            }
            catch when (_tally.Ended > 0)
            {
                await error.WriteLineAsync($"dctnet: {_tally.Ended} of {inputs.Count}; the same command with --resume does the rest");
                throw;
            }
        }

        await error.WriteLineAsync($"dctnet: {_tally}");
        return _tally.Failed > 0 ? ExitCode.SomeFailed : ExitCode.Done;
    }

    private async Task WorkAsync(
        DctNetClient client,
        BulkJournal journal,
        Dictionary<string, (string Input, string Output, string File)> left,
        CancellationToken cancellation)
    {
        // A wrong address is said at once; later the service may be away for a while.
        await client.GetServerInfoAsync(cancellation);
        var job = options with { Scope = journal.Scope, Progress = new Watch(this) };
        var items = left.Select(file => BulkItem.FromFile(file.Key, file.Value.Input, file.Value.Output)).ToAsyncEnumerable();
        await foreach (var result in client.CartoonizeManyAsync(items, job, cancellation))
        {
            var (input, output, file) = left[result.Item.Id];
            if (result.Succeeded)
            {
                var (id, embedded) = (result.Header.Watermark.Id, result.Header.Watermark.Embedded);
                journal.Add(input, output, file, id, embedded);
                _tally.Made++;
                Report(new ReportLine(input, "done", output, id, embedded, null));
                _display.Result($"{input} -> {output}  {CartoonFacts.Of(result.Header)}");
            }
            else
            {
                Fail(input, (result.Error as DctNetException)?.Reason, result.Error.Message);
            }
        }
    }

    // What is wrong with an output's directory, or null: it costs the pictures that go there, not the run.
    private static string? MakeFolderOf(string output)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    // What a run that was killed was writing. What another command is writing it has locked.
    private static void RemoveParts(string directory)
    {
        var everywhere = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        foreach (var part in Directory.EnumerateFiles(directory, ".*.part", everywhere).Where(path => UnfinishedName().IsMatch(path)))
        {
            try
            {
                new FileStream(part, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In work, or not to be deleted by this user.
            }
        }
    }

    [GeneratedRegex(@"\.[0-9a-f]{32}\.part\z", RegexOptions.CultureInvariant)]
    private static partial Regex UnfinishedName();

    private void Fail(string input, string? reason, string problem)
    {
        _tally.Failed++;
        Report(new ReportLine(input, "failed", null, null, null, new ErrorLine.Problem(reason, problem)));
        _display.Problem($"dctnet: {input}: {problem}{(string.IsNullOrEmpty(reason) ? "" : $" ({reason})")}");
    }

    private void Report(ReportLine line)
    {
        _report?.WriteLine(CliJson.Line(line));
        _report?.Flush();
    }

    private sealed class Watch(BulkCartoonizeRun run) : IProgress<BulkProgress>
    {
        public void Report(BulkProgress value)
        {
            run._tally.Now = value;
            run._display.Advance(run._tally.Ended, run._tally);
        }
    }
}
