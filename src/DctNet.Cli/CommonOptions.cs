using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DctNet.Core.Watermark;

namespace DctNet.Cli;

/// <summary>Options that several commands share, with their checks.</summary>
internal static class CommonOptions
{
    /// <summary>One for the whole command line: it is recursive.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show the log of the service on standard error",
        Recursive = true,
    };

    public static Option<string?> Models()
    {
        var option = new Option<string?>("--models")
        {
            Description = "Directory with catalog.json or dctnet_<style>*.onnx files, instead of the bundled networks",
            HelpName = "DIR",
        };
        RefuseEmpty(option);
        return option;
    }

    public static Option<string?> Server()
    {
        var option = new Option<string?>("--server")
        {
            Description = "A running server, such as http://host:8081; without it the service runs inside this process",
            HelpName = "URL",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !TryServer(token.Value, out _))
            {
                result.AddError($"--server {token.Value}: give http://host:port, https://host:port or dns:///host:port.");
            }
        });
        return option;
    }

    public static Option<string> OutputDirectory()
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = "Directory of the results; made where it is missing",
            HelpName = "DIR",
            Required = true,
        };
        RefuseEmpty(option);

        // A new directory cartoon.png with a picture in it is what nobody means.
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var path }] && IsPictureName(path) && !Directory.Exists(path))
            {
                result.AddError($"--output: {path} is the name of a picture; give a directory, where results are called after their inputs.");
            }
        });
        return option;
    }

    public static Option<string> Effort(DetectEffort effort = DetectEffort.Fast)
    {
        var option = new Option<string>("--effort")
        {
            Description =
                "How far to look for the watermark: fast (any size, quarter turns, mirrored, cropped) or full (also rotated and distorted)",
            DefaultValueFactory = _ => effort == DetectEffort.Full ? "full" : "fast",
            HelpName = "fast|full",
        };
        return option.AcceptOnlyFromAmong("fast", "full");
    }

    /// <summary>What a value of <see cref="Effort(DetectEffort)"/> means.</summary>
    public static DetectEffort Effort(string value) => value == "full" ? DetectEffort.Full : DetectEffort.Fast;

    public static Option<string> Format(string unlessGiven = "png")
    {
        var option = new Option<string>("--format")
        {
            Description = "Encoding of the results",
            DefaultValueFactory = _ => unlessGiven,
            HelpName = "png|jpeg|webp|avif",
        };
        return option.AcceptOnlyFromAmong("png", "jpeg", "webp", "avif");
    }

    /// <summary>The usual extension, with its dot, of one of the values of <see cref="Format"/>.</summary>
    public static string Extension(string format) => format == "jpeg" ? ".jpg" : $".{format}";

    public static Argument<string[]> Files(string name, string description)
    {
        var files = new Argument<string[]>(name) { Description = description, Arity = ArgumentArity.OneOrMore };
        RefuseEmpty(files);
        return files;
    }

    /// <summary>A directory that is there.</summary>
    public static Argument<string> PictureDirectory(string description)
    {
        var directory = new Argument<string>("DIR") { Description = description };
        directory.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Directory.Exists(token.Value))
            {
                result.AddError($"{token.Value}: no such directory.");
            }
        });
        return directory;
    }

    /// <summary>An option with a whole number in a range.</summary>
    public static Option<int?> Number(string name, string description, int min, int max)
    {
        var option = new Option<int?>(name) { Description = $"{description} ({Range(min, max)})", HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) || value < min || value > max))
            {
                result.AddError($"{name} {token.Value}: must be {Range(min, max)}.");
            }
        });
        return option;
    }

    /// <summary>An option with a number from 0 to 1.</summary>
    public static Option<float?> Share(string name, string description)
    {
        var option = new Option<float?>(name)
        {
            Description = $"{description} (0 to 1)",
            HelpName = "X",
            CustomParser = result => TryShare(result.Tokens[0].Value, out var share) ? share : null,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !TryShare(token.Value, out _))
            {
                result.AddError($"{name} {token.Value}: must be 0 to 1, such as 0.5.");
            }
        });
        return option;
    }

    private static bool IsPictureName(string path) => Path.GetExtension(path).ToUpperInvariant() is ".PNG" or ".JPG" or ".JPEG" or ".WEBP" or ".AVIF";

    /// <summary>Refuses empty values of options and arguments: no file and nobody is called so, but a script's variable may be unset.</summary>
    public static void RefuseEmpty(params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                option.Validators.Add(Check);
            }
            else if (symbol is Argument argument)
            {
                argument.Validators.Add(Check);
            }

            void Check(SymbolResult result)
            {
                if (result.Tokens.Any(token => token.Value.Length == 0))
                {
                    result.AddError($"{symbol.Name}: must not be empty.");
                }
            }
        }
    }

    /// <summary>Refuses a file for results whose directory is not there: before the work and not after it.</summary>
    public static void RequireDirectory(Option file) => file.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && (token.Value.Length == 0 || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(token.Value)))))
        {
            result.AddError($"{file.Name} {token.Value}: no such directory.");
        }
    });

    public static bool TryServer(string text, out Uri? address)
        => Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme is "http" or "https" or "dns";

    private static bool TryShare(string text, out float share) =>
        float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && share is >= 0 and <= 1;

    private static string Range(int min, int max) => max == int.MaxValue ? $"at least {min}" : $"{min} to {max}";
}
