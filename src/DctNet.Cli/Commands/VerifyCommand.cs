using System.CommandLine;
using System.Globalization;
using DctNet.Cli.Files;
using DctNet.Cli.Output;
using DctNet.Client;
using DctNet.V1;
using Grpc.Core;
using ForeignText = DctNet.C2pa.Verification.ForeignText;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet verify</c>.</summary>
internal static class VerifyCommand
{
    private const string Notes = """
        Exit codes; of several files the first of 2, 1, 3, 0 that occurs:
          0    verified: a trusted credential of the whole file, or this service's watermark in the picture that it was made for
          3    claimed only: the file says so of itself, or a watermark is in a picture that is not on record
          1    nothing found; that does not mean that the picture is not AI-generated
          2    an error
          130  interrupted

        JSON, one line a file:
          {"file","verdict":"verified|claimed|none","summary","layers":{
            "c2pa":{"state":"trusted|valid|untrusted|invalid|absent|unknown","codes":[]},
            "xmp":{"present","digitalSourceType"},"tc260":{"present"},
            "watermark":{"found","id","keyId","falsePositiveBound"},"ledger":{"found","content":"matches|differs|unknown"}}}
          {"file","error":{"reason","message"}} where a file cannot be examined
        """;

    public static Command Create()
    {
        var files = CommonOptions.Files("FILE", "Pictures");
        var json = new Option<bool>("--json") { Description = "One JSON line a file" };
        var manifest = new Option<string?>("--manifest")
        {
            Description = "Write the content credentials that are on record for the picture (C2PA manifest store, JUMBF) to a file; for one picture",
            HelpName = "FILE",
        };
        CommonOptions.RequireDirectory(manifest);
        var effort = CommonOptions.Effort();
        var (server, models) = (CommonOptions.Server(), CommonOptions.Models());
        var command = new NotedCommand("verify", "Tells where pictures come from, layer by layer") { Notes = Notes };
        command.Arguments.Add(files);
        command.Options.Add(json);
        command.Options.Add(manifest);
        command.Options.Add(effort);
        ServiceChoice.AddTo(command, server, models);
        command.Validators.Add(result =>
        {
            if (result.GetResult(manifest) is not null && result.GetResult(files) is { Tokens.Count: > 1 })
            {
                result.AddError("--manifest takes one picture at a time.");
            }
        });
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.Usage,
            async () =>
            {
                var choice = new ServiceChoice(parsed.GetValue(server), parsed.GetValue(models), parsed.GetValue(CommonOptions.Verbose));
                var wanted = parsed.GetValue(manifest);
                var header = new VerifyHeader
                {
                    Effort = parsed.GetRequiredValue(effort) == "full" ? DetectionEffort.Full : DetectionEffort.Fast,
                    IncludeManifest = wanted is not null,
                };
                await using var connection = await ServiceConnection.OpenAsync(choice, cancellation);
                var codes = new HashSet<int>();
                foreach (var file in parsed.GetRequiredValue(files))
                {
                    codes.Add(await OneAsync(
                        connection.Client, file, header, wanted, parsed.GetValue(json), parsed.InvocationConfiguration, cancellation));
                }

                int[] worstFirst = [ExitCode.Usage, ExitCode.SomeFailed, ExitCode.ClaimedOnly, ExitCode.Done];
                return worstFirst.First(codes.Contains);
            },
            cancellation));
        return command;
    }

    private static async Task<int> OneAsync(
        DctNetClient client,
        string file,
        VerifyHeader header,
        string? manifest,
        bool json,
        InvocationConfiguration io,
        CancellationToken cancellationToken)
    {
        VerifyResponse answer;
        try
        {
            if (InputFiles.Check(file) is { } problem)
            {
                return Fail(file, null, problem, json, io);
            }

            await using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
            answer = await client.VerifyAsync(source, header, progress: null, cancellationToken);
        }
        catch (DctNetException e) when (e.StatusCode is not (StatusCode.Unavailable or StatusCode.Unimplemented))
        {
            return Fail(file, e.Reason.Length > 0 ? e.Reason : null, e.Message, json, io);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(file, null, e.Message, json, io);
        }

        await io.Output.WriteLineAsync(json ? CliJson.Line(VerifyLine.From(file, answer)) : Text(file, answer));
        if (manifest is not null)
        {
            if (answer.Ledger is not { Manifest.IsEmpty: false })
            {
                await io.Error.WriteLineAsync($"dctnet: {file}: no content credentials that you may have are on record for it; {manifest} was not written.");
                return ExitCode.Usage;
            }

            await WholeFile.WriteAsync(manifest, answer.Ledger.Manifest.Memory, cancellationToken);
        }

        return answer.Verdict switch
        {
            Verdict.Verified => ExitCode.Done,
            Verdict.Claimed => ExitCode.ClaimedOnly,
            _ => ExitCode.SomeFailed,
        };
    }

    private static int Fail(string file, string? reason, string problem, bool json, InvocationConfiguration io)
    {
        io.Fail(file, reason, problem, json);
        return ExitCode.Usage;
    }

    private static string Text(string file, VerifyResponse answer)
    {
        var line = VerifyLine.From(file, answer);
        var (c2pa, xmp, tc260, mark, ledger) = line.Layers;
        var watermark = mark.Found
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"id {mark.Id}, key {mark.KeyId}, false positives at most {mark.FalsePositiveBound:0.0e+0}")
            : $"not found ({answer.Watermark?.Step.ToString().ToLowerInvariant()} was the last step tried)";
        return $"""
            {file}: {line.Verdict}. {line.Summary}
              C2PA       {Credential(c2pa, answer.C2Pa)}
              XMP        {(xmp.Present ? xmp.DigitalSourceType is { } type ? ForeignText.Plain(type) : "an AI system is named" : "no AI label")}
              TC260      {(tc260.Present ? "present" : "none")}
              watermark  {watermark}
              ledger     {Ledger(answer.Ledger ?? new LedgerLayer(), ledger.Content)}
            """;
    }

    private static string Credential(VerifyLine.C2paPart part, C2paLayer? layer)
    {
        var state = part.State == "unknown" ? "not examined" : part.State;
        var signer = string.IsNullOrEmpty(layer?.Signer) ? "" : $" (signed by {layer.Signer}{(layer.Development ? ", a certificate for development" : "")})";
        return string.Join(", ", [state + signer, .. part.Codes]);
    }

    private static string Ledger(LedgerLayer layer, string content) => layer.State switch
    {
        LedgerState.NotAsked => "not asked: there is no watermark to ask by",
        LedgerState.NotKept => "none is kept",
        LedgerState.Unavailable => "could not be read",
        LedgerState.NotFound => "not on record",
        LedgerState.Found => $"on record, made {layer.CreatedAt?.ToDateTime():yyyy-MM-dd HH:mm} UTC by {layer.System}, content {content}"
            + (layer.Style.Length > 0 ? $"; style {layer.Style}{Strength(layer)}, by {layer.Model}" : ""),
        _ => layer.Found ? $"on record, content {content}" : "unknown",
    };

    private static string Strength(LedgerLayer layer) =>
        layer.HasStrength && layer.Strength < 1 ? string.Create(CultureInfo.InvariantCulture, $" at {layer.Strength}") : "";
}
