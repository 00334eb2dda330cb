using System.CommandLine;
using DctNet.Cli.Output;
using DctNet.Core;

namespace DctNet.Cli.Commands;

/// <summary>The error of one file, for a person on standard error and, where asked for, for a script on standard output.</summary>
internal static class LineOutput
{
    public static void Fail(this InvocationConfiguration io, string file, string? reason, string problem, bool json)
    {
        if (json)
        {
            io.Output.WriteLine(CliJson.Line(new ErrorLine(file, new ErrorLine.Problem(reason, problem))));
        }

        io.Error.WriteLine($"dctnet: {file}: {problem}{(reason is null ? "" : $" ({reason})")}");
    }

    public static void Fail(this InvocationConfiguration io, string file, Failure failure, bool json)
        => io.Fail(file, failure.Code.Reason(), failure.Message, json);
}
