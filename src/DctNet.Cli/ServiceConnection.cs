using DctNet.Client;
using DctNet.Service;
using DctNet.Service.Hosting;
using Microsoft.Extensions.Logging;

namespace DctNet.Cli;

/// <summary>A client with what it talks to: a server elsewhere, or the real service inside this process over a Unix socket.</summary>
internal sealed class ServiceConnection : IAsyncDisposable
{
    // An overloaded server is waited for: a list of files is no reason to give up. RetryInfo says a second or so each time. One that is not
    // there is said soon, unless it is in this process.
    private const int MaxAttempts = 20;

    private readonly EmbeddedService? _service;
    private readonly HttpMessageHandler? _handler;

    private ServiceConnection(DctNetClient client, EmbeddedService? service, HttpMessageHandler? handler)
        => (Client, _service, _handler) = (client, service, handler);

    public DctNetClient Client { get; }

    /// <param name="choice">Which service.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="adjust">Changes the client's options; null: waits and retries as for a list of files.</param>
    /// <exception cref="StartupException">The service inside this process cannot start.</exception>
    public static async Task<ServiceConnection> OpenAsync(
        ServiceChoice choice, CancellationToken cancellationToken, Func<DctNetClientOptions, DctNetClientOptions>? adjust = null)
    {
        adjust ??= static options => options;
        if (choice.Server is { } server)
        {
            var remote = new DctNetClientOptions { RetryWhenOverloaded = true, ExtraOverloadAttempts = MaxAttempts };
            return new ServiceConnection(new DctNetClient(new Uri(server), adjust(remote)), null, null);
        }

        var options = new EmbeddedServiceOptions
        {
            ModelsDirectory = choice.Models,
            LogLevel = choice.Verbose ? LogLevel.Information : LogLevel.Warning,
        };
        var service = await EmbeddedService.StartAsync(options, cancellationToken);
        var handler = service.CreateHandler();

        // One's own machine is waited for, however large the picture.
        var embedded = new DctNetClientOptions
        {
            Handler = handler,
            RetryWhenOverloaded = true,
            MaxAttempts = MaxAttempts,
            Deadline = Timeout.InfiniteTimeSpan,
        };
        return new ServiceConnection(new DctNetClient(service.Address, adjust(embedded)), service, handler);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _handler?.Dispose();
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }
    }
}
