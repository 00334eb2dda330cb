namespace DctNet.Cli.Tests.Commands;

/// <summary>The whole command line, run in this process.</summary>
internal static class Dctnet
{
    public static async Task<DctnetResult> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await CommandLine.RunAsync(args, output, error);
        return new DctnetResult(code, output.ToString(), error.ToString());
    }
}
