using System.CommandLine;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet certs</c>.</summary>
internal static class CertsCommand
{
    public static Command Create() => new("certs", "Makes certificates that content credentials are signed with") { CertsDevCommand.Create() };
}
