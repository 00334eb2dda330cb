using System.CommandLine;
using DctNet.Cli.Output;
using DctNet.V1;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet styles</c>.</summary>
internal static class StylesCommand
{
    private const string Notes = """
        Exit codes:
          0    done
          2    the command line is wrong
          3    the service cannot start or be reached
          130  interrupted
        """;

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object {\"defaultStyle\",\"styles\":[...]}" };
        var (server, models) = (CommonOptions.Server(), CommonOptions.Models());
        var command = new NotedCommand("styles", "Lists the styles") { Notes = Notes };
        command.Options.Add(json);
        ServiceChoice.AddTo(command, server, models);
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var choice = new ServiceChoice(parsed.GetValue(server), parsed.GetValue(models), parsed.GetValue(CommonOptions.Verbose));
                await using var connection = await ServiceConnection.OpenAsync(choice, cancellation);
                var styles = await connection.Client.ListStylesAsync(cancellation);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    parsed.GetValue(json) ? CliJson.Line(StylesLine.From(styles)) : Text(styles));
                return ExitCode.Done;
            },
            cancellation));
        return command;
    }

    private static string Text(ListStylesResponse response)
    {
        var nameWidth = response.Styles.Select(s => s.Name.Length).DefaultIfEmpty().Max();
        return string.Join(Environment.NewLine, response.Styles.Select(style =>
        {
            var mark = style.Name == response.DefaultStyle ? '*' : ' ';
            return $"{mark} {style.Name.PadRight(nameWidth)}  {style.Description} ({style.Model}, {style.Licence})";
        }));
    }
}
