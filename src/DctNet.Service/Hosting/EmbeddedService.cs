using System.Net.Sockets;
using DctNet.Service.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace DctNet.Service.Hosting;

/// <summary>
/// The whole service inside the caller's process, on a Unix socket in a directory that only this user can enter: the same code that
/// serves a cluster, with no port open.
/// </summary>
public sealed class EmbeddedService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _directory;

    private EmbeddedService(WebApplication app, DirectoryInfo directory) => (_app, _directory) = (app, directory);

    /// <summary>Address for a channel that uses <see cref="CreateHandler"/>; the host name in it means nothing.</summary>
    public Uri Address { get; } = new("http://dctnet.invalid");

    private string SocketPath => SocketPathIn(_directory);

    /// <exception cref="StartupException">The service cannot start.</exception>
    public static async Task<EmbeddedService> StartAsync(EmbeddedServiceOptions embedded, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(embedded);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddEnvironmentVariables();
        if (embedded.ModelsDirectory is { } models)
        {
            builder.Configuration.AddInMemoryCollection([new($"{DctNetOptions.Section}:Models:Directory", models)]);
        }

        var options = DctNetOptions.Read(builder.Configuration);
        builder.Logging.SetMinimumLevel(embedded.LogLevel);
        if (embedded.LogLevel < LogLevel.Warning)
        {
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        }
        else
        {
            builder.Logging.AddConsole(console => console.FormatterName = CommandFormatter.FormatterName);
            builder.Logging.AddConsoleFormatter<CommandFormatter, ConsoleFormatterOptions>();
        }

        builder.Logging.AddFilter<ConsoleLoggerProvider>("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        // Created 0700 by the runtime; a socket path may have about 100 bytes, so it lies in the system's temporary directory.
        var directory = Directory.CreateTempSubdirectory("dctnet-");
        WebApplication? app = null;
        try
        {
            CheckLength(SocketPathIn(directory));
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
                kestrel.ListenUnixSocket(SocketPathIn(directory), endpoint => endpoint.Serve(Listener.Grpc)));
            builder.Services.AddRouting();
            app = DctNetService.Build(builder, options with { Drain = new DrainOptions() }, "embedded");
            await app.StartAsync(cancellation);
            return new EmbeddedService(app, directory);
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            directory.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>A handler that connects to this service whatever the address says.</summary>
    public HttpMessageHandler CreateHandler() => new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
        finally
        {
            _directory.Delete(recursive: true);
        }
    }

    // Only the endpoint itself knows how long a path it takes here.
    private static void CheckLength(string path)
    {
        try
        {
            _ = new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new StartupException(
                $"{path} is too long for a socket, by which the service inside this process is reached. Set TMPDIR to a directory with a shorter path.", e);
        }
    }

    private static string SocketPathIn(DirectoryInfo directory) => Path.Combine(directory.FullName, "s");
}
