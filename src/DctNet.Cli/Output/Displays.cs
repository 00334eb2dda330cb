using Spectre.Console;

namespace DctNet.Cli.Output;

/// <summary>Chooses how to show progress.</summary>
internal static class Displays
{
    /// <param name="output">Bars only where this is the process's own standard output and that is a terminal.</param>
    /// <param name="error">For problems.</param>
    /// <param name="logs">A log on the same terminal would tear the bars.</param>
    public static IDisplay For(TextWriter output, TextWriter error, bool logs)
        => !logs && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected
            ? Bars(output, error)
            : new PlainDisplay(output, error);

    // A method of its own: Spectre is loaded only where it is used.
    private static IDisplay Bars(TextWriter output, TextWriter error)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        return console.Profile.Capabilities is { Interactive: true, Ansi: true }
            ? new BarDisplay(console, error, !Console.IsErrorRedirected)
            : new PlainDisplay(output, error);
    }
}
