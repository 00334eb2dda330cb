using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using DctNet.Cli.Commands;

namespace DctNet.Cli;

/// <summary>The whole of <c>dctnet</c>: parses, runs one command, gives the exit code.</summary>
internal static class CommandLine
{
    // Time for a command to remove its temporary files and stop the service after an interrupt.
    private static readonly TimeSpan s_terminationTimeout = TimeSpan.FromSeconds(10);

    /// <param name="args">The arguments after the program's name.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Everything else.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand(
            "Turns portraits into cartoons that carry an invisible watermark and an AI label, and tells where pictures come from.")
        {
            CartoonizeCommand.Create(),
            VerifyCommand.Create(),
            StylesCommand.Create(),
            InfoCommand.Create(),
            WatermarkCommand.Create(),
            BenchCommand.Create(),
            CertsCommand.Create(),
            ModelsCommand.Create(),
            EvalCommand.Create(),
            LedgerCommand.Create(),
            CommonOptions.Verbose,
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithNotes((HelpAction)help.Action!);
        }

        // A file may be called @portrait.jpg: no argument stands for a list of others.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var problem in parsed.Errors)
            {
                await error.WriteLineAsync($"dctnet: {problem.Message}");
            }

            await error.WriteLineAsync($"Run '{FullName(parsed.CommandResult)} --help' for what there is.");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = s_terminationTimeout,
        });
    }

    private static string FullName(CommandResult result)
        => result.Parent is CommandResult parent ? $"{FullName(parent)} {result.Command.Name}" : "dctnet";
}
