using DctNet.Client;
using Spectre.Console;

namespace DctNet.Cli.Output;

/// <summary>Progress bars on a terminal: one for all files and one for each that is in work. Results scroll by above them.</summary>
internal sealed class BarDisplay(IAnsiConsole console, TextWriter error, bool errorIsTerminal) : IDisplay
{
    /// <summary>A short bar, the time, and what is between them.</summary>
    private const int BesideDescription = 24;

    private ProgressContext? _bars;
    private ProgressTask? _all;
    private int _ended;

    public Task RunAsync(int files, Func<Task> work) => console.Progress()
        .AutoClear(true)
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new ElapsedTimeColumn())
        .StartAsync(bars =>
        {
            _bars = bars;
            _all = files > 1 ? bars.AddTask($"0 of {files}", autoStart: true, maxValue: files) : null;
            return work();
        });

    public IFileProgress Begin(string file)
    {
        var bars = _bars!;
        return new FileBar(this, bars, bars.AddTask(Markup.Escape(file), autoStart: true, maxValue: 1));
    }

    public void Advance(int ended, object state)
    {
        if (_all is { } all)
        {
            (all.Value, all.Description) = (ended, Markup.Escape(Fit(state.ToString()!, console.Profile.Width - BesideDescription)));
        }
    }

    public void Result(string line) => WriteLine(line);

    public void Problem(string line)
    {
        if (errorIsTerminal)
        {
            WriteLine(line);
        }
        else
        {
            error.WriteLine(line);
        }
    }

    // Whole parts of it, as many as there is room for.
    private static string Fit(string parts, int room) =>
        parts.Length > room && parts.LastIndexOf(", ", Math.Max(0, room), StringComparison.Ordinal) is > 0 and var end ? parts[..end] : parts;

    // The terminal breaks long lines by itself; what the bars have left of its last row is erased.
    private void WriteLine(string line) => console.Write(new ControlCode($"{line}\u001b[K\n"));

    private void EndOne()
    {
        if (_all is { } all)
        {
            all.Value = Interlocked.Increment(ref _ended);
            all.Description = $"{all.Value} of {all.MaxValue}";
        }
    }

    // Upload and download have a length; the drawing between them has none, so its bar only moves.
    private sealed class FileBar(BarDisplay display, ProgressContext bars, ProgressTask task) : IFileProgress
    {
        public void Report(TransferProgress value)
        {
            if (value is { ReceivedBytes: > 0, ResultBytes: > 0 and var result })
            {
                task.IsIndeterminate = false;
                task.Value = Math.Min(0.999, value.ReceivedBytes / (double)result);
            }
            else if (value.UploadBytes is > 0 and var upload && value.SentBytes < upload)
            {
                task.IsIndeterminate = false;
                task.Value = value.SentBytes / (double)upload;
            }
            else
            {
                task.IsIndeterminate = true;
            }
        }

        public void Dispose()
        {
            bars.RemoveTask(task);
            display.EndOne();
        }
    }
}
