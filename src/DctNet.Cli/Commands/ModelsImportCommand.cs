using System.CommandLine;
using DctNet.ModelTools;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet models import</c>.</summary>
internal static class ModelsImportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "DCT-Net as TensorFlow Lite (.tflite) or as a frozen TensorFlow graph (cartoon_h.pb)" };
        CommonOptions.RefuseEmpty(file);
        var name = ModelsCommand.As();
        name.Required = true;
        var models = ModelsCommand.Directory();
        var command = new NotedCommand("import", "Converts official DCT-Net weights and enters them as a style")
        {
            Notes = ModelsCommand.Notes,
        };
        command.Arguments.Add(file);
        command.Options.Add(name);
        command.Options.Add(models);
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var io = parsed.InvocationConfiguration;
                var path = parsed.GetRequiredValue(file);
                if (InputFiles.Check(path) is { } problem)
                {
                    io.Error.WriteLine($"dctnet: {path}: {problem}");
                    return ExitCode.SomeFailed;
                }

                if (new FileInfo(path).Length > ModelImporter.MaxFileBytes)
                {
                    io.Error.WriteLine($"dctnet: {path}: larger than any DCT-Net");
                    return ExitCode.SomeFailed;
                }

                (var weights, problem) = await InputFiles.ReadAsync(path, cancellation);
                if (problem is not null)
                {
                    io.Error.WriteLine($"dctnet: {path}: {problem}");
                    return ExitCode.SomeFailed;
                }

                var directory = ModelsCommand.DirectoryOf(parsed.GetValue(models));
                var terms = ModelTerms.OfFile(Path.GetFileName(path));
                return ModelsCommand.Report(io, ModelInstaller.Install(weights, parsed.GetValue(name)!, directory, terms, cancellation), directory);
            },
            cancellation));
        return command;
    }
}
