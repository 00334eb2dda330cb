using System.CommandLine;
using DctNet.Client;
using DctNet.Service;

namespace DctNet.Cli.Commands;

/// <summary>Turns what ends a whole command into one line on standard error and an exit code.</summary>
internal static class Guard
{
    /// <param name="parsed">For standard error.</param>
    /// <param name="failure">Exit code when the service cannot start or be reached.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Set by an interrupt.</param>
    public static async Task<int> RunAsync(
        ParseResult parsed, int failure, Func<Task<int>> command, CancellationToken cancellationToken)
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            return await command();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("dctnet: interrupted");
            return ExitCode.Interrupted;
        }
        catch (DctNetException e)
        {
            await error.WriteLineAsync($"dctnet: {Describe(e)}");
            return e.Reason is "UNKNOWN_STYLE" or "INVALID_OPTION" ? ExitCode.Usage : failure;
        }
        catch (Exception e) when (e is StartupException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"dctnet: {e.Message}");
            return failure;
        }
    }

    /// <summary>The message with its stable name.</summary>
    public static string Describe(DctNetException e) => $"{e.Message} ({(e.Reason.Length > 0 ? e.Reason : e.StatusCode)})";
}
