using DctNet.Service.Hosting;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;

namespace DctNet.Service.Tests;

/// <summary>The real server on free loopback ports, with a data directory of its own.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private Task? _stopping;

    private TestServer(WebApplication app)
    {
        _app = app;
        var addresses = app.Urls.Select(url => new Uri(url)).ToArray();
        (Http, Grpc, Ops) = (addresses[0], addresses[1], addresses[2]);
        Channel = GrpcChannel.ForAddress(Grpc);
    }

    public Uri Http { get; }

    public Uri Grpc { get; }

    public Uri Ops { get; }

    public GrpcChannel Channel { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="settings">Configuration below <c>DctNet</c>, as <c>Limits:MaxQueuedRequests=0</c>.</param>
    public static Task<TestServer> StartAsync(params string[] settings) => StartAsync(TimeProvider.System, settings);

    /// <param name="time">The clock of what the service times itself; Kestrel's own limits and gRPC's deadlines go by the system's.</param>
    /// <param name="settings">As above.</param>
    public static async Task<TestServer> StartAsync(TimeProvider time, params string[] settings)
    {
        // Nothing that another test has left in the spool is drawn here; and a disk that is busy with other tests is no outage.
        string[] defaults = ["Ports:Http=0", "Ports:Grpc=0", "Ports:Ops=0", "Bulk:KeepOverRestart=false", "Ledger:CommitTimeoutSeconds=60"];
        string[] arguments = [.. defaults.Concat(settings).Select(setting => $"--DctNet:{setting}"), "--Logging:LogLevel:Default=Warning"];
        var app = DctNetService.Create(arguments, time);
        try
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new TestServer(app);
        }
        catch
        {
            // It holds a place in the spool.
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks as a Kubernetes probe does, until the warm-up is over.</summary>
    public async Task UntilReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = Ops };
        while (true)
        {
            using var ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken);
            if (ready.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Stops it, once.</summary>
    public Task StopAsync() => _stopping ??= _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await StopAsync();
        await _app.DisposeAsync();
    }
}
