using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DctNet.Cli.Output;
using DctNet.V1;

namespace DctNet.Cli.Files;

/// <summary>
/// What a bulk run has done, in the output directory, so that a later one can go on: the job's name and options, the output planned for each
/// input, and each result. A line is added when its result is on the disk. Outputs are written down as they lie in the directory, which may be
/// called or moved elsewhere between two runs.
/// </summary>
internal sealed class BulkJournal : IDisposable
{
    public const string FileName = ".dctnet-run.jsonl";

    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly string _directory;

    private BulkJournal(FileStream file, string directory, string scope) => (_file, _directory, Scope) = (file, directory, scope);

    /// <summary>The job's name: with an input's id it gives the result's watermark id.</summary>
    public string Scope { get; }

    /// <summary>Outputs that earlier runs have planned, by canonical input.</summary>
    public Dictionary<string, string> Planned { get; } = new(StringComparer.Ordinal);

    /// <summary>Results of earlier runs, by canonical input.</summary>
    public Dictionary<string, JournalLine> Done { get; } = new(StringComparer.Ordinal);

    /// <param name="directory">The output directory.</param>
    /// <param name="options">What to make; a run can only be resumed with the same.</param>
    /// <param name="resume">Go on with the run before, where there was one.</param>
    /// <exception cref="IOException">Another run has it, or the earlier one had other options.</exception>
    public static BulkJournal Open(string directory, CartoonizeOptions options, bool resume)
    {
        var file = new FileStream(
            Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        try
        {
            if (resume && Read(file, directory, options.ToString()) is { } journal)
            {
                return journal;
            }

            file.SetLength(0);
            var begun = new BulkJournal(file, directory, Guid.NewGuid().ToString("N"));
            begun.Write(new JournalLine { Scope = begun.Scope, Options = options.ToString() });
            return begun;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The item's id: paths may be longer than an id.</summary>
    public static string ItemId(string input) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalPath.Of(input))));

    /// <summary>True where an earlier run has made the output of this very file.</summary>
    public bool IsDone(string input, string output) =>
        Done.TryGetValue(CanonicalPath.Of(input), out var line) && line.Output == output && line.File == Describe(input) && File.Exists(output);

    /// <summary>
    /// True where earlier runs have made results, of none of these inputs. Inputs are known by their paths, so they may lie elsewhere now.
    /// </summary>
    public bool IsOfOthers(IEnumerable<string> inputs) =>
        Done.Count > 0 && !inputs.Select(CanonicalPath.Of).Any(Planned.ContainsKey);

    public void Plan(string input, string output) => Write(new JournalLine { Input = CanonicalPath.Of(input), Output = InDirectory(output) });

    public void Add(string input, string output, string file, string id, bool embedded) =>
        Write(new JournalLine { Input = CanonicalPath.Of(input), Output = InDirectory(output), File = file, Id = id, Embedded = embedded });

    /// <summary>Tells a file from a later one at its path: size and time of the last change.</summary>
    public static string Describe(string input)
    {
        var file = new FileInfo(input);
        return string.Create(CultureInfo.InvariantCulture, $"{file.Length}@{file.LastWriteTimeUtc.Ticks}");
    }

    public void Dispose() => _file.Dispose();

    private string InDirectory(string output) => Path.GetRelativePath(_directory, output);

    private static BulkJournal? Read(FileStream file, string directory, string options)
    {
        BulkJournal? journal = null;
        var good = 0L;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);

        // A process that was killed may have left half a line; it counts as none.
        for (var rest = bytes.AsSpan(); rest.IndexOf((byte)'\n') is >= 0 and var end; rest = rest[(end + 1)..])
        {
            if (CliJson.ParseJournal(rest[..end]) is not { } line)
            {
                break;
            }

            good += end + 1;
            if (journal is null)
            {
                if (line.Scope is null)
                {
                    return null;
                }

                if (line.Options != options)
                {
                    throw new IOException("The run to resume was one with other options; leave out --resume to begin a new one.");
                }

                journal = new BulkJournal(file, directory, line.Scope);
            }
            else if (line is { Input: { } input, Output: { } output })
            {
                journal.Planned[input] = Path.Combine(directory, output);
                if (line.Id is not null)
                {
                    journal.Done[input] = line with { Output = journal.Planned[input] };
                }
            }
        }

        file.SetLength(good);
        file.Position = good;
        return journal;
    }

    private void Write(JournalLine line)
    {
        lock (_gate)
        {
            _file.Write(Encoding.UTF8.GetBytes(CliJson.Line(line) + "\n"));
            _file.Flush();
        }
    }
}
