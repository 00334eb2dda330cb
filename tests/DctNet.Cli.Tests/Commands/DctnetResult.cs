namespace DctNet.Cli.Tests.Commands;

/// <summary>What a shell would see.</summary>
internal sealed record DctnetResult(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
