using System.CommandLine;
using DctNet.Core;
using DctNet.Core.Models;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet models</c>: the user's own networks, on this machine, without a service.</summary>
internal static class ModelsCommand
{
    public const string Notes = """
        Exit codes:
          0    done
          1    the file cannot be read, or it, the download or the catalog is not what it should be; nothing was entered
          2    the command line is wrong
          3    the directory cannot be used
          130  interrupted
        """;

    public static Command Create() => new("models", "Converts, downloads and reduces networks, on this machine")
    {
        ModelsImportCommand.Create(),
        ModelsPullCommand.Create(),
        ModelsQuantizeCommand.Create(),
    };

    public static Option<string?> Directory()
    {
        var option = new Option<string?>("--models")
        {
            Description = "Directory that the network is entered into; DCTNET_HOME/models if not given",
            HelpName = "DIR",
        };
        CommonOptions.RefuseEmpty(option);
        return option;
    }

    public static Option<string?> As()
    {
        var option = new Option<string?>("--as")
        {
            Description = "The style's name from now on: lower-case letters, digits and hyphens",
            HelpName = "NAME",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !CatalogWriter.IsStyleName(token.Value))
            {
                result.AddError($"--as {token.Value}: must be lower-case letters, digits and hyphens, at most 64.");
            }
        });
        return option;
    }

    /// <summary>The directory given, else the user's.</summary>
    public static string DirectoryOf(string? given) => given ?? DataDirectory.Open().Models;

    /// <summary>Says what was entered, or why nothing was.</summary>
    public static int Report(InvocationConfiguration io, Outcome<CatalogStyle> outcome, string directory)
    {
        if (!outcome.TryGet(out var style, out var failure))
        {
            io.Error.WriteLine($"dctnet: {failure.Message}");
            return ExitCode.SomeFailed;
        }

        io.Output.WriteLine($"{style.Name} -> {style.Network.Path}");
        io.Error.WriteLine($"dctnet: try it: dctnet cartoonize PHOTO -o out --models {directory} --style {style.Name}");
        return ExitCode.Done;
    }
}
