using System.CommandLine;
using System.Globalization;
using DctNet.Cli.Files;
using DctNet.Core.Imaging;
using DctNet.ModelTools;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet models quantize</c>.</summary>
internal static class ModelsQuantizeCommand
{
    private const string Notes = """
        Prints, for the photos given, the size and time before and after, and how far the two networks' drawings are apart (SSIM of luma,
        PSNR; the worst photo and the mean). Judge by these whether to keep the result. It is written to OUT; no catalog is changed.

        Exit codes:
          0    done
          1    the network or a photo cannot be read
          2    the command line is wrong
          3    the result cannot be written
          130  interrupted
        """;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A stylizer's ONNX file" };
        var photos = new Option<string[]>("--photos")
        {
            Description = "Portraits to take the ranges from and to compare on",
            HelpName = "PHOTO...",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<string>("--output", "-o") { Description = "The reduced network", HelpName = "OUT", Required = true };
        CommonOptions.RequireDirectory(output);
        CommonOptions.RefuseEmpty(file, photos);
        var precision = new Option<string>("--precision")
        {
            Description = "fp16: weights of half the size; int8: integer convolutions",
            DefaultValueFactory = _ => "fp16",
            HelpName = "fp16|int8",
        };
        precision.AcceptOnlyFromAmong("fp16", "int8");
        var command = new NotedCommand("quantize", "Makes a smaller or faster variant of a network, and says what it costs") { Notes = Notes };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { photos, output, precision })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            () => RunAsync(
                parsed.GetRequiredValue(file),
                parsed.GetRequiredValue(photos),
                parsed.GetRequiredValue(output),
                parsed.GetRequiredValue(precision) == "int8" ? Precision.EightBitInteger : Precision.Float16,
                parsed.InvocationConfiguration,
                cancellation),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string file, string[] photos, string output, Precision precision, InvocationConfiguration io, CancellationToken cancellationToken)
    {
        var (network, problem) = await InputFiles.ReadAsync(file, cancellationToken);
        if (problem is not null)
        {
            io.Error.WriteLine($"dctnet: {file}: {problem}");
            return ExitCode.SomeFailed;
        }

        var pictures = new List<DecodedImage>();
        try
        {
            foreach (var photo in photos)
            {
                (var bytes, problem) = await InputFiles.ReadAsync(photo, cancellationToken);
                if (problem is not null)
                {
                    io.Error.WriteLine($"dctnet: {photo}: {problem}");
                    return ExitCode.SomeFailed;
                }

                if (!LocalPicture.Decode(bytes).TryGet(out var picture, out var failure))
                {
                    io.Error.WriteLine($"dctnet: {photo}: {failure.Message}");
                    return ExitCode.SomeFailed;
                }

                pictures.Add(picture);
            }

            if (!ModelQuantizer.Quantize(network, precision, [.. pictures.Select(p => p.Pixels)], cancellationToken).TryGet(out var result, out var refused))
            {
                io.Error.WriteLine($"dctnet: {file}: {refused.Message}");
                return ExitCode.SomeFailed;
            }

            await WholeFile.WriteAsync(output, result.Onnx, cancellationToken);
            io.Output.WriteLine(Describe(result));
            return ExitCode.Done;
        }
        finally
        {
            pictures.ForEach(picture => picture.Dispose());
        }
    }

    private static string Describe(QuantizedNetwork result)
    {
        var (before, after) = (result.Losses.Average(l => l.MillisecondsBefore), result.Losses.Average(l => l.MillisecondsAfter));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            size  {result.BytesBefore:N0} -> {result.Onnx.Length:N0} bytes ({(double)result.Onnx.Length / result.BytesBefore:F2})
            time  {before:F1} -> {after:F1} ms ({after / before:F2})
            SSIM  {result.Losses.Average(l => l.Ssim):F4} mean, {result.Losses.Min(l => l.Ssim):F4} worst
            PSNR  {result.Losses.Average(l => l.PsnrDb):F1} dB mean, {result.Losses.Min(l => l.PsnrDb):F1} dB worst
            """);
    }
}
