using System.CommandLine;
using DctNet.Cli.Files;
using DctNet.Cli.Output;
using DctNet.Client;
using DctNet.V1;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet cartoonize</c>.</summary>
internal static class CartoonizeCommand
{
    // One file is uploaded or written while another is in the network.
    private const int DefaultParallel = 2;

    private const int DefaultOpenItems = 64;

    private const string Notes = """
        Results:
          DIR/<name>.png, .jpg, .webp or .avif. Where two inputs have the same name the later ones are called <name>-2, <name>-3 and so on.
          A result of an earlier run is replaced, an input never is. A file appears whole or not at all.
          With --recursive the results lie in the same directories below DIR as the pictures below INPUT.

        Long runs:
          --recursive, --resume and --report work with bulk streams, which go on after a loss of the connection or of the server. A journal in
          DIR says what is done: after an interrupt or a crash, the same command with --resume does the rest.

        Exit codes:
          0    all done
          1    some inputs failed
          2    the command line is wrong, there is no picture, or the server does not know the style
          3    the service cannot start or be reached
          130  interrupted
        """;

    public static Command Create()
    {
        var inputs = CommonOptions.Files("INPUT", "Portraits: JPEG, PNG, WebP, AVIF, GIF or TIFF files");
        var output = CommonOptions.OutputDirectory();
        var style = new Option<string?>("--style") { Description = "A style, or a mixture such as anime:0.6,sketch:0.4", HelpName = "S" };
        var format = CommonOptions.Format();
        var quality = CommonOptions.Number("--quality", "Encoder quality for JPEG, WebP and AVIF", 1, 100);
        var maxSide = CommonOptions.Number("--max-side", "Longest side of the results in pixels", 64, int.MaxValue);
        var visible = new Option<bool>("--visible-label") { Description = "Draw \"AI生成 / AI generated\" into a corner" };
        var strength = CommonOptions.Share("--strength", "How much of the cartoon there is in the result; below 1 the portrait is mixed in");
        var parallel = CommonOptions.Number("--parallel", "Files in work at the same time; 2 if not given, 64 in long runs", 1, 256);
        var recursive = new Option<bool>("--recursive", "-r") { Description = "Take the pictures below directories too" };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run before into the same directory" };
        var report = new Option<string?>("--report") { Description = "Write a line of JSON for each input", HelpName = "FILE" };
        CommonOptions.RefuseEmpty(report);
        var (server, models) = (CommonOptions.Server(), CommonOptions.Models());
        var command = new NotedCommand("cartoonize", "Turns portraits into cartoons") { Notes = Notes };
        command.Arguments.Add(inputs);
        foreach (var option in new Option[] { output, style, format, quality, maxSide, strength, visible, parallel, recursive, resume, report })
        {
            command.Options.Add(option);
        }

        ServiceChoice.AddTo(command, server, models);
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var verbose = parsed.GetValue(CommonOptions.Verbose);
                var directory = parsed.GetRequiredValue(output);
                var (input, extension) = (parsed.GetRequiredValue(inputs), CommonOptions.Extension(parsed.GetRequiredValue(format)));
                var configuration = parsed.InvocationConfiguration;
                var choice = new ServiceChoice(parsed.GetValue(server), parsed.GetValue(models), verbose);
                var display = Displays.For(configuration.Output, configuration.Error, verbose);
                var options = Options(
                    parsed.GetValue(style),
                    parsed.GetRequiredValue(format),
                    parsed.GetValue(quality),
                    parsed.GetValue(maxSide),
                    parsed.GetValue(strength));
                options.VisibleLabel = parsed.GetValue(visible);
                Directory.CreateDirectory(directory);
                if (parsed.GetValue(recursive) || parsed.GetValue(resume) || parsed.GetValue(report) is not null)
                {
                    var bulk = new BulkOptions { Options = options, MaxOpenItems = parsed.GetValue(parallel) ?? DefaultOpenItems };
                    var pictures = Expand(input, directory, parsed.GetValue(recursive));
                    if (pictures.Count == 0)
                    {
                        await configuration.Error.WriteLineAsync(
                            input.FirstOrDefault(root => InputTree.List(root).Count > 0) is { } covered
                                ? $"dctnet: {covered}: all its pictures are inside {directory}, where results go: results are no inputs"
                                : $"dctnet: {string.Join(", ", input)}: no pictures in it");
                        return ExitCode.Usage;
                    }

                    return await new BulkCartoonizeRun(bulk, parsed.GetValue(resume), display, configuration.Error).RunAsync(
                        pictures, directory, extension, parsed.GetValue(report), choice, cancellation);
                }

                var run = new CartoonizeRun(options, parsed.GetValue(parallel) ?? DefaultParallel, display);
                var files = run.Check(input.Zip(OutputPlan.Make(input, directory, extension)));
                return files.Count == 0
                    ? ExitCode.SomeFailed
                    : await run.RunAsync(files, choice, cancellation);
            },
            cancellation));
        return command;
    }

    private static IReadOnlyList<(string Path, string Folder)> Expand(string[] inputs, string directory, bool recursive) =>
    [
        .. inputs.SelectMany(input => recursive && Directory.Exists(input) ? InputTree.List(input, directory) : [(input, "")])
            .DistinctBy(input => CanonicalPath.Of(input.Item1)),
    ];

    /// <summary>The wire's options of the command line's.</summary>
    internal static CartoonizeOptions Options(string? style, string format, int? quality, int? maxSide, float? strength = null)
    {
        var options = new CartoonizeOptions
        {
            Style = style ?? "",
            Format = format switch
            {
                "jpeg" => ImageFormat.Jpeg,
                "webp" => ImageFormat.Webp,
                "avif" => ImageFormat.Avif,
                _ => ImageFormat.Png,
            },
        };
        if (quality is { } q)
        {
            options.Quality = (uint)q;
        }

        if (maxSide is { } side)
        {
            options.MaxSide = (uint)side;
        }

        if (strength is { } share)
        {
            options.Strength = share;
        }

        return options;
    }
}
