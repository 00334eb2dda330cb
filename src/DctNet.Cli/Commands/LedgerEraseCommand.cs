using System.CommandLine;
using System.Data.Common;
using DctNet.Core.Watermark;
using DctNet.Service.Ledger;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet ledger erase</c>.</summary>
internal static class LedgerEraseCommand
{
    private const string Notes = """
        The ledger is ledger.db in DCTNET_HOME, or what DctNet__Ledger__File or DctNet__Ledger__PostgresConnectionString name. A server may be
        running. What is erased cannot be had back: the picture's watermark is still found, and leads nowhere.

        Exit codes:
          0    erased
          1    nothing was on record
          2    the command line is wrong
          3    the ledger cannot be used
          130  interrupted
        """;

    public static Command Create()
    {
        var id = new Option<string?>("--id") { Description = "The record of one picture: the 16 hexadecimal digits of its watermark", HelpName = "ID" };
        id.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !WatermarkId.TryParse(token.Value, out _))
            {
                result.AddError($"--id {token.Value}: give 16 hexadecimal digits.");
            }
        });
        var tenant = new Option<string?>("--tenant") { Description = "All records of a tenant", HelpName = "NAME" };
        CommonOptions.RefuseEmpty(tenant);
        var command = new NotedCommand("erase", "Deletes records for good") { Notes = Notes };
        command.Options.Add(id);
        command.Options.Add(tenant);
        command.Validators.Add(result =>
        {
            if (result.GetResult(id) is null == result.GetResult(tenant) is null)
            {
                result.AddError("Give either --id or --tenant.");
            }
        });
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                try
                {
                    await using var ledger = LedgerMaintenance.Open();
                    var count = WatermarkId.TryParse(parsed.GetValue(id), out var picture)
                        ? await ledger.EraseAsync(picture, cancellation)
                        : await ledger.EraseTenantAsync(parsed.GetValue(tenant)!, cancellation);
                    await parsed.InvocationConfiguration.Output.WriteLineAsync($"{count} record{(count == 1 ? "" : "s")} erased");
                    return count > 0 ? ExitCode.Done : ExitCode.SomeFailed;
                }
                catch (DbException e)
                {
                    await parsed.InvocationConfiguration.Error.WriteLineAsync($"dctnet: the ledger: {e.Message}");
                    return ExitCode.ServerFailure;
                }
            },
            cancellation));
        return command;
    }
}
