using System.Diagnostics;
using System.Text.RegularExpressions;
using DctNet.C2pa.Verification;

namespace DctNet.Cli.Tests.Commands;

/// <summary>What the README shows in its console is what happens. Needs ImageMagick; with DCTNET_REQUIRE_TOOLS=1 its absence is a failure.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task The_stripped_picture_of_the_README_is_named_and_its_manifest_returned()
    {
        var console = Console().Match(await File.ReadAllTextAsync(InRepository("README.md"), TestContext.Current.CancellationToken)).Groups[1].Value;
        var commands = Command().Matches(console).Select(match => (Line: match.Groups[1].Value, Expected: match.Groups[2].Value)).ToList();
        Assert.Equal(["dctnet", "convert", "dctnet", "grep"], commands.Select(command => command.Line.Split(' ')[0]));
        foreach (var (line, expected) in commands)
        {
            var arguments = line.Split(' ').Select(Real).ToArray();
            var (code, output) = arguments[0] == "dctnet" ? await DctnetAsync(arguments[1..]) : await RunAsync(arguments[0], arguments[1..]);

            Assert.True(code == 0, $"{line}: {code}, {output}");
            Assert.Equal(
                Masked(expected),
                Masked(output.Replace(_files["out"], "out", StringComparison.Ordinal).Replace(InRepository("samples"), "samples", StringComparison.Ordinal)));
        }

        var manifest = await File.ReadAllBytesAsync(_files["out/copy.c2pa"], TestContext.Current.CancellationToken);
        var whole = await File.ReadAllBytesAsync(_files["out/portrait.png"], TestContext.Current.CancellationToken);
        var copy = await File.ReadAllBytesAsync(_files["out/copy.jpg"], TestContext.Current.CancellationToken);
        Assert.True(whole.AsSpan().IndexOf(manifest) > 0, "What comes back is what was embedded.");
        Assert.Equal(ValidationState.Absent, new ManifestVerifier(TrustList.Empty).Verify(copy).State);
    }

    [GeneratedRegex("```console\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Console();

    /// <summary>A line that begins with a dollar, and what is printed up to the next.</summary>
    [GeneratedRegex(@"^\$ ([^\n]*)\n((?:(?!\$ )[^\n]*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Command();

    /// <summary>Ids, times and the version of the network, which another run has of its own.</summary>
    [GeneratedRegex(@"\b[0-9a-f]{16}\b|(?<=key )[0-9a-f]{8}|\d{4}-\d\d-\d\d|\d\d:\d\d(?= UTC)|[\d.]+ s$|(?<=step\.)\d+", RegexOptions.Multiline)]
    private static partial Regex Variable();

    private static string Masked(string text) => Variable().Replace(text, "*");

    private static async Task<(int Code, string Output)> DctnetAsync(string[] arguments)
    {
        var result = await Dctnet.RunAsync(arguments);
        return (result.ExitCode, result.Output);
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1", $"{program} is not installed (Debian: imagemagick).");
            throw;
        }
    }

    private static string InRepository(string path)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
        }

        return Path.Combine(directory.FullName, path);
    }

    /// <summary>Outputs go into a directory of the test's own.</summary>
    private string Real(string argument) =>
        argument.StartsWith("samples/", StringComparison.Ordinal) ? InRepository(argument)
        : argument == "out" || argument.StartsWith("out/", StringComparison.Ordinal) ? _files[argument]
        : argument;
}
