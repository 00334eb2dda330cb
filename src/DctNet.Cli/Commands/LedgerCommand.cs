using System.CommandLine;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet ledger</c>: for operators, on this machine's ledger or the configured database.</summary>
internal static class LedgerCommand
{
    public static Command Create() => new("ledger", "For operators: works on the ledger that a server with this environment uses")
    {
        LedgerEraseCommand.Create(),
    };
}
