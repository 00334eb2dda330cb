using System.CommandLine;
using DctNet.Cli.Files;
using DctNet.Cli.Output;
using DctNet.Core.Imaging;
using DctNet.Evaluation;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet watermark attack</c>.</summary>
internal static class WatermarkAttackCommand
{
    private const string Notes = """
        Writes DIR/<name>.<attack>.png, so that no further compression is added, and prints one JSON line:
          {"file","attack","out"}
        The same attacks as `dctnet watermark evaluate`; what is random in them is the same every time.

        Exit codes:
          0    done
          1    the file cannot be read
          2    the command line is wrong
          3    the output directory cannot be used
          130  interrupted
        """;

    public static Command Create()
    {
        var file = new Argument<string?>("FILE") { Description = "A picture", Arity = ArgumentArity.ZeroOrOne };
        var name = new Argument<string?>("NAME") { Description = "An attack of --list, or all", Arity = ArgumentArity.ZeroOrOne };
        var list = new Option<bool>("--list") { Description = "Only list the attacks: name and group" };
        var output = new Option<string>("--output", "-o")
        {
            Description = "Directory of the result; made where it is missing",
            HelpName = "DIR",
            DefaultValueFactory = _ => ".",
        };
        CommonOptions.RefuseEmpty(file, output);
        var command = new NotedCommand("attack", "Does to a picture what people do to pictures") { Notes = Notes };
        command.Arguments.Add(file);
        command.Arguments.Add(name);
        command.Options.Add(list);
        command.Options.Add(output);
        command.Validators.Add(result =>
        {
            if (result.GetValue(list))
            {
                return;
            }

            var given = result.GetValue(name);
            if (result.GetValue(file) is null || given is null)
            {
                result.AddError("Give FILE and NAME, or --list.");
            }
            else if (given != "all" && AttackSuite.Find(given) is null)
            {
                result.AddError($"{given}: no such attack; see --list.");
            }
        });
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var io = parsed.InvocationConfiguration;
                if (parsed.GetValue(list))
                {
                    foreach (var attack in AttackSuite.All)
                    {
                        await io.Output.WriteLineAsync($"{attack.Name}\t{attack.Group.ToString().ToLowerInvariant()}");
                    }

                    return ExitCode.Done;
                }

                var chosen = AttackSuite.Find(parsed.GetValue(name)!);
                return await RunAsync(
                    parsed.GetValue(file)!, chosen is null ? AttackSuite.All : [chosen], parsed.GetRequiredValue(output), io, cancellation);
            },
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string file, IEnumerable<Attack> attacks, string directory, InvocationConfiguration io, CancellationToken cancellationToken)
    {
        var (bytes, problem) = await InputFiles.ReadAsync(file, cancellationToken);
        if (problem is not null)
        {
            io.Fail(file, null, problem, json: true);
            return ExitCode.SomeFailed;
        }

        if (!LocalPicture.Decode(bytes).TryGet(out var picture, out var failure))
        {
            io.Fail(file, failure, json: true);
            return ExitCode.SomeFailed;
        }

        using (picture)
        {
            Directory.CreateDirectory(directory);
            foreach (var attack in attacks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var edited = attack.Apply(picture.Pixels);
                if (!ImageEncoder.Encode(edited, new EncodeOptions { Format = ImageFormat.Png }).TryGet(out var encoded, out failure))
                {
                    io.Fail(file, failure, json: true);
                    return ExitCode.SomeFailed;
                }

                var target = Path.Combine(directory, $"{Path.GetFileNameWithoutExtension(file)}.{attack.Name}.png");
                await WholeFile.WriteAsync(target, encoded.Bytes, cancellationToken);
                await io.Output.WriteLineAsync(CliJson.Line(new AttackLine(file, attack.Name, target)));
            }
        }

        return ExitCode.Done;
    }
}
