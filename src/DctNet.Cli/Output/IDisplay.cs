namespace DctNet.Cli.Output;

/// <summary>What a person sees while files are worked on. Safe for concurrent use.</summary>
internal interface IDisplay
{
    /// <summary>Runs the work with the display shown around it.</summary>
    Task RunAsync(int files, Func<Task> work);

    /// <summary>Shows a file until what is returned is disposed.</summary>
    IFileProgress Begin(string file);

    /// <summary>Shows how far a run is as a whole, where there is room for it.</summary>
    void Advance(int ended, object state);

    /// <summary>A line on standard output.</summary>
    void Result(string line);

    /// <summary>A line on standard error.</summary>
    void Problem(string line);
}
