using System.CommandLine;
using DctNet.ModelTools;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet models pull</c>.</summary>
internal static class ModelsPullCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("NAME") { Description = "An official style: anime, 3d, handdrawn, sketch, artstyle, design, illustration" };
        var (name, models) = (ModelsCommand.As(), ModelsCommand.Directory());
        var sources = new Option<string?>("--sources")
        {
            Description = "A list of sources of one's own: {\"sources\":[{\"name\",\"url\",\"bytes\",\"sha256\",\"licence\",\"origin\"}]}",
            HelpName = "FILE",
        };
        CommonOptions.RefuseEmpty(sources);
        var command = new NotedCommand("pull", "Downloads official DCT-Net weights, converts them and enters them as a style")
        {
            Notes = $"""
                A download that was cut off goes on where it ended. Where the list knows no SHA-256, the first file that proves to be DCT-Net is
                pinned in models.lock.json, and any other is refused from then on.

                {ModelsCommand.Notes}
                """,
        };
        command.Arguments.Add(source);
        foreach (var option in new Option[] { name, models, sources })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var io = parsed.InvocationConfiguration;
                if (!ModelSources.Load(parsed.GetValue(sources)).TryGet(out var list, out var failure)
                    || !list.Find(parsed.GetRequiredValue(source)).TryGet(out var found, out failure))
                {
                    io.Error.WriteLine($"dctnet: {failure.Message}");
                    return ExitCode.Usage;
                }

                var directory = ModelsCommand.DirectoryOf(parsed.GetValue(models));
                io.Error.WriteLine($"dctnet: {found.Origin} Licence: {found.Licence}");
                using var http = ModelPuller.CreateHttpClient();
                var puller = new ModelPuller(http, TimeProvider.System);
                return ModelsCommand.Report(
                    io, await puller.PullAsync(found, parsed.GetValue(name) ?? found.Name, directory, progress: null, cancellation), directory);
            },
            cancellation));
        return command;
    }
}
