using DctNet.Client;

namespace DctNet.Cli.Output;

/// <summary>One line a file, when it is done: for pipes, logs and scripts.</summary>
internal sealed class PlainDisplay(TextWriter output, TextWriter error) : IDisplay
{
    private readonly Lock _gate = new();

    public Task RunAsync(int files, Func<Task> work) => work();

    public IFileProgress Begin(string file) => Silence.Instance;

    public void Advance(int ended, object state)
    {
    }

    public void Result(string line)
    {
        lock (_gate)
        {
            output.WriteLine(line);
        }
    }

    public void Problem(string line)
    {
        lock (_gate)
        {
            error.WriteLine(line);
        }
    }

    private sealed class Silence : IFileProgress
    {
        public static Silence Instance { get; } = new();

        public void Report(TransferProgress value)
        {
        }

        public void Dispose()
        {
        }
    }
}
