using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace DctNet.Service.Hosting;

/// <summary>A log as a command writes to its user: the command's name and the message, no category nor event id.</summary>
internal sealed class CommandFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "command";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.WriteLine($"dctnet: {logEntry.Formatter(logEntry.State, logEntry.Exception)}");
        if (logEntry.Exception is { } exception)
        {
            textWriter.WriteLine(exception);
        }
    }
}
