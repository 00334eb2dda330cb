using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DctNet.Cli;

/// <summary>The usual help, followed by the notes of commands that have some: exit codes, output format.</summary>
internal sealed class HelpWithNotes(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is NotedCommand { Notes: { } notes })
        {
            parseResult.InvocationConfiguration.Output.WriteLine(notes);
        }

        return code;
    }
}
