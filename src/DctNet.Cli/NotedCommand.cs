using System.CommandLine;

namespace DctNet.Cli;

/// <summary>A command whose help ends with notes.</summary>
internal sealed class NotedCommand(string name, string description) : Command(name, description)
{
    public required string Notes { get; init; }
}
