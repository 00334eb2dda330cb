using System.CommandLine;
using DctNet.Cli.Files;
using DctNet.Cli.Output;
using DctNet.Core.Imaging;
using DctNet.Core.Watermark;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet watermark embed</c>.</summary>
internal static class WatermarkEmbedCommand
{
    private const string Notes = """
        Output, one JSON line a file:
          {"file","out","id","psnr","ssim","parentId"}; psnr in dB (RGB, peak 255) and ssim (luma) before encoding;
          parentId is the id of an older mark of this machine's keys, which is taken out first, or null
          {"file","error":{"reason","message"}} where a file cannot be marked; nothing is written then
        An XMP packet of the source stays; other metadata does not.

        Exit codes:
          0    all marked
          1    some inputs failed, or are too small for a mark
          2    the command line is wrong
          3    the keys or the output directory cannot be used
          130  interrupted
        """;

    public static Command Create()
    {
        var files = CommonOptions.Files("FILE", "Pictures");
        var output = CommonOptions.OutputDirectory();
        var id = new Option<string?>("--id")
        {
            Description = "The id to embed, 16 hexadecimal digits; a random one a file if not given",
            HelpName = "HEX16",
        };
        id.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !WatermarkId.TryParse(token.Value, out _))
            {
                result.AddError($"--id {token.Value}: must be 16 hexadecimal digits.");
            }
        });
        var format = CommonOptions.Format();
        var quality = CommonOptions.Number("--quality", "Encoder quality for JPEG, WebP and AVIF", 1, 100);
        var command = new NotedCommand("embed", "Embeds an invisible mark") { Notes = Notes };
        command.Arguments.Add(files);
        foreach (var option in new Option[] { output, id, format, quality })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var io = parsed.InvocationConfiguration;
                var (directory, formatName) = (parsed.GetRequiredValue(output), parsed.GetRequiredValue(format));
                var options = new EncodeOptions { Format = Format(formatName), Quality = parsed.GetValue(quality) };
                WatermarkId? fixedId = WatermarkId.TryParse(parsed.GetValue(id), out var given) ? given : null;
                var inputs = parsed.GetRequiredValue(files);
                var keys = LocalKeys.Load(io.Error);
                var (embedder, detector) = (new WatermarkEmbedder(keys), new WatermarkDetector(keys));
                Directory.CreateDirectory(directory);
                var marked = 0;
                var outputs = OutputPlan.Make(inputs, directory, CommonOptions.Extension(formatName));
                foreach (var (input, result) in inputs.Zip(outputs))
                {
                    var mark = fixedId ?? WatermarkId.NewRandom();
                    marked += await OneAsync(embedder, detector, mark, input, result, options, io, cancellation) ? 1 : 0;
                }

                return marked == inputs.Length ? ExitCode.Done : ExitCode.SomeFailed;
            },
            cancellation));
        return command;
    }

    private static async Task<bool> OneAsync(
        WatermarkEmbedder embedder,
        WatermarkDetector detector,
        WatermarkId id,
        string input,
        string output,
        EncodeOptions options,
        InvocationConfiguration io,
        CancellationToken cancellationToken)
    {
        try
        {
            if (InputFiles.Check(input) is { } problem)
            {
                io.Fail(input, null, problem, json: true);
                return false;
            }

            if (!(await LocalPicture.ReadAsync(input, cancellationToken)).TryGet(out var picture, out var failure))
            {
                io.Fail(input, failure, json: true);
                return false;
            }

            using (picture)
            {
                var older = detector.Detect(picture.Pixels, cancellationToken: cancellationToken);
                var mark = embedder.Embed(picture.Pixels, id, replaced: older);
                if (!mark.Marked)
                {
                    io.Fail(input, "NOT_MARKED", mark.Reason!, json: true);
                    return false;
                }

                var labelled = options with { Xmp = picture.Metadata.Xmp };
                if (!ImageEncoder.Encode(picture.Pixels, labelled).TryGet(out var file, out failure))
                {
                    io.Fail(input, failure, json: true);
                    return false;
                }

                await WholeFile.WriteAsync(output, file.Bytes, cancellationToken);
                await io.Output.WriteLineAsync(
                    CliJson.Line(new EmbedLine(input, output, id.ToString(), Math.Round(mark.PsnrDb, 2), Math.Round(mark.Ssim, 5), mark.ParentId?.ToString())));
                return true;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            io.Fail(input, null, e.Message, json: true);
            return false;
        }
    }

    private static ImageFormat Format(string name) => name switch
    {
        "jpeg" => ImageFormat.Jpeg,
        "webp" => ImageFormat.WebP,
        "avif" => ImageFormat.Avif,
        _ => ImageFormat.Png,
    };
}
