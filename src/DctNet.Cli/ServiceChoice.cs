using System.CommandLine;

namespace DctNet.Cli;

/// <summary>Which service a command talks to.</summary>
/// <param name="Server">Address of a running one; null: one inside this process.</param>
/// <param name="Models">Networks of the one inside this process; null: the bundled ones.</param>
/// <param name="Verbose">Show the log of the one inside this process.</param>
internal sealed record ServiceChoice(string? Server, string? Models, bool Verbose)
{
    /// <summary>Adds the two options to a command, and the rule that they exclude each other.</summary>
    public static void AddTo(Command command, Option<string?> server, Option<string?> models)
    {
        command.Options.Add(models);
        command.Options.Add(server);
        command.Validators.Add(result =>
        {
            if (result.GetResult(server) is not null && result.GetResult(models) is not null)
            {
                result.AddError("--models is for the service inside this process; a server has its own.");
            }
        });
    }
}
