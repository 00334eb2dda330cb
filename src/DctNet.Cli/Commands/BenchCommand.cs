using System.CommandLine;
using System.Globalization;
using DctNet.Cli.Bench;
using DctNet.Cli.Output;
using DctNet.Core.Imaging;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet bench</c>.</summary>
internal static class BenchCommand
{
    private const string Notes = """
        Loads, run one after another:
          --callers 1,4,16   closed loop: so many callers, each sends its next picture when the last has come back
          --rate 2,5.5       open loop: so many pictures a second at random moments, whether or not earlier ones are back
        Without either: --callers 1,2,4.

        Figures:
          Latency is what a caller waits for, of the pictures that came within the deadline; queue and compute are the server's own account of it.
          Nothing is sent a second time. "refused" is RESOURCE_EXHAUSTED with a time to come back; of --http, status 429 or 503.

        Exit codes:
          0    done, and no picture failed (refused and late ones are no failures)
          1    some pictures failed, or could not be read
          2    the command line is wrong
          3    the service cannot start or be reached
          130  interrupted
        """;

    public static Command Create()
    {
        var inputs = CommonOptions.Files("INPUT", "Portraits to send, drawn at random");
        var callers = List("--callers", "Closed loops", "N,...", text => int.TryParse(text, CultureInfo.InvariantCulture, out var n) && n is > 0 and <= 10_000);
        var rates = List("--rate", "Open loops, pictures a second", "R,...", text => double.TryParse(text, CultureInfo.InvariantCulture, out var r) && r is > 0 and <= 100_000);
        var sides = List("--sides", "Send each input scaled to these longest sides, as JPEG, instead of as it is", "N,...", text => int.TryParse(text, CultureInfo.InvariantCulture, out var n) && n is >= 64 and <= 16_383);
        var unary = new Option<bool>("--unary") { Description = "One message each way instead of a stream (pictures under 4 MiB)" };
        var bulk = new Option<bool>("--bulk") { Description = "All pictures on one bulk stream instead of a stream each; --callers and --rate work as usual" };
        var duration = CommonOptions.Number("--duration", "Seconds that each load is measured; 30 if not given", 1, 86_400);
        var warmUp = CommonOptions.Number("--warm-up", "Seconds of each load before; 5 if not given", 0, 3600);
        var deadline = CommonOptions.Number("--deadline", "Seconds that a caller waits for its picture; 60 if not given", 1, 86_400);
        var style = new Option<string?>("--style") { Description = "A style or a mixture", HelpName = "S" };
        var maxSide = CommonOptions.Number("--max-side", "Longest side of the results in pixels", 64, int.MaxValue);
        var format = CommonOptions.Format("jpeg");
        var http = Http();
        var csv = new Option<string?>("--csv") { Description = "Write the figures as CSV", HelpName = "FILE" };
        var json = new Option<string?>("--json") { Description = "Write the figures as JSON, one object a load", HelpName = "FILE" };
        var plot = new Option<string?>("--plot") { Description = "Write latency by percentile as SVG", HelpName = "FILE" };
        Array.ForEach([csv, json, plot], CommonOptions.RequireDirectory);
        var (server, models) = (CommonOptions.Server(), CommonOptions.Models());
        var command = new NotedCommand("bench", "Puts a load on a service and tells how it bears it") { Notes = Notes };
        command.Arguments.Add(inputs);
        foreach (var option in new Option[] { callers, rates, sides, unary, bulk, duration, warmUp, deadline, style, maxSide, format, http, csv, json, plot })
        {
            command.Options.Add(option);
        }

        ServiceChoice.AddTo(command, server, models);
        command.Validators.Add(result =>
        {
            if (result.GetValue(unary) && result.GetValue(bulk))
            {
                result.AddError("--unary and --bulk are two ways of sending; choose one.");
            }

            if (result.GetResult(http) is not null
                && new Option[] { server, models, unary, bulk, style, maxSide, format }.FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } other)
            {
                result.AddError($"{other.Name} is for the service; --http posts pictures to another server.");
            }
        });
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
                if (await ReadAsync(parsed.GetRequiredValue(inputs), Numbers(parsed.GetValue(sides)), error, cancellation) is not { } pictures)
                {
                    return ExitCode.SomeFailed;
                }

                var plan = new BenchPlan(
                    pictures,
                    TimeSpan.FromSeconds(parsed.GetValue(warmUp) ?? 5),
                    TimeSpan.FromSeconds(parsed.GetValue(duration) ?? 30),
                    Steps(parsed.GetValue(callers), parsed.GetValue(rates)));
                var patience = TimeSpan.FromSeconds(parsed.GetValue(deadline) ?? 60);
                await using ITarget target = parsed.GetValue(http) is { } url
                    ? new HttpTarget(new Uri(url), patience)
                    : await GrpcTarget.OpenAsync(
                        new ServiceChoice(parsed.GetValue(server), parsed.GetValue(models), parsed.GetValue(CommonOptions.Verbose)),
                        parsed.GetValue(unary) ? CallKind.Unary : parsed.GetValue(bulk) ? CallKind.Bulk : CallKind.Streaming,
                        CartoonizeCommand.Options(parsed.GetValue(style), parsed.GetRequiredValue(format), quality: null, parsed.GetValue(maxSide)),
                        patience,
                        cancellation);

                // Whatever cannot be drawn at all is said at once, and the server is warm.
                if (await target.SendAsync(pictures[0], cancellation) is { End: not AttemptEnd.Ok } problem)
                {
                    await error.WriteLineAsync($"dctnet: {problem.Error}");
                    return ExitCode.ServerFailure;
                }

                var title = Title(target, plan);
                await error.WriteLineAsync($"{title}; {await target.DescribeAsync(cancellation)}");
                var results = await RunAsync(target, plan, error, cancellation);

                await output.WriteLineAsync(BenchReport.Text(results));
                await WriteAsync(parsed.GetValue(csv), () => BenchReport.Csv(results), cancellation);
                await WriteAsync(parsed.GetValue(json), () => string.Concat(results.Select(r => CliJson.Line(r) + "\n")), cancellation);
                await WriteAsync(parsed.GetValue(plot), () => LatencyPlot.Svg(results, title), cancellation);
                return results.Any(r => r.Failed > 0) ? ExitCode.SomeFailed : ExitCode.Done;
            },
            cancellation));
        return command;
    }

    private static async Task<StepResult[]> RunAsync(ITarget target, BenchPlan plan, TextWriter error, CancellationToken cancellation)
    {
        var generator = new LoadGenerator(target, plan);
        List<StepResult> results = [];
        foreach (var step in plan.Steps)
        {
            await error.WriteLineAsync($"{step.Name} ...");
            results.Add(await generator.RunAsync(step, cancellation));
        }

        return [.. results];
    }

    private static string Title(ITarget target, BenchPlan plan) => string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Protocol}, {plan.Pictures.Count} pictures of {plan.Pictures.Average(p => p.Length) / 1024:F0} KiB, {plan.Duration.TotalSeconds:F0} s each after {plan.WarmUp.TotalSeconds:F0} s");

    private static BenchStep[] Steps(string? callers, string? rates)
    {
        BenchStep[] closed = [.. Numbers(callers ?? (rates is null ? "1,2,4" : null)).Select(n => new BenchStep.Closed((int)n))];
        return [.. closed, .. Numbers(rates).Select(r => new BenchStep.Open(r))];
    }

    private static double[] Numbers(string? list)
        => [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];

    private static Option<string?> List(string name, string description, string helpName, Func<string, bool> isValid)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (token.Value.Length == 0 || !token.Value.Split(',').All(isValid)))
            {
                result.AddError($"{name} {token.Value}: give numbers with commas between.");
            }
        });
        return option;
    }

    private static Option<string?> Http()
    {
        var option = new Option<string?>("--http")
        {
            Description = "Instead of the service, a server to compare it with: pictures are posted to this URL",
            HelpName = "URL",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && !(Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            {
                result.AddError($"--http {token.Value}: give http://host:port/path or https://host:port/path.");
            }
        });
        return option;
    }

    /// <summary>The files, or their scaled copies; null, with a line on standard error, where one cannot be used.</summary>
    private static async Task<List<byte[]>?> ReadAsync(string[] files, double[] sides, TextWriter error, CancellationToken cancellation)
    {
        List<byte[]> pictures = [];
        foreach (var file in files)
        {
            var (bytes, problem) = await InputFiles.ReadAsync(file, cancellation);
            if (problem is not null)
            {
                await error.WriteLineAsync($"dctnet: {file}: {problem}");
                return null;
            }

            if (sides.Length == 0)
            {
                pictures.Add(bytes);
                continue;
            }

            if (!LocalPicture.Decode(bytes).TryGet(out var picture, out var failure))
            {
                await error.WriteLineAsync($"dctnet: {file}: {failure.Message}");
                return null;
            }

            using (picture)
            {
                pictures.AddRange(sides.Select(side => Scaled(picture.Pixels, side)));
            }
        }

        return pictures;
    }

    private static byte[] Scaled(PixelBuffer picture, double side)
    {
        var scale = side / Math.Max(picture.Width, picture.Height);
        using var scaled = ImageResizer.Resize(
            picture, Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
        var encoded = ImageEncoder.Encode(scaled, new EncodeOptions { Format = ImageFormat.Jpeg });
        return encoded.TryGet(out var file, out var failure) ? file.Bytes : throw new IOException(failure.Message);
    }

    private static async Task WriteAsync(string? path, Func<string> content, CancellationToken cancellation)
    {
        if (path is not null)
        {
            await File.WriteAllTextAsync(path, content(), cancellation);
        }
    }
}
