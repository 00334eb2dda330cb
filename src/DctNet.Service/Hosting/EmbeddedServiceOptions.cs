using Microsoft.Extensions.Logging;

namespace DctNet.Service.Hosting;

/// <summary>How a process hosts the service for itself.</summary>
public sealed record EmbeddedServiceOptions
{
    /// <summary>As <see cref="Options.ModelOptions.Directory"/>; null leaves it to the configuration.</summary>
    public string? ModelsDirectory { get; init; }

    /// <summary>Least level that is logged, to standard error; from warnings on (the default) in the words of a command, without categories.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;
}
