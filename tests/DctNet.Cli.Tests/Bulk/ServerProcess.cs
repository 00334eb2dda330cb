using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DctNet.Cli.Tests.Servers;

namespace DctNet.Cli.Tests.Bulk;

/// <summary>The real server in a process of its own, on a port and a data directory that outlive it.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly string _home;
    private readonly string[] _settings;
    private readonly KeptPort _port = KeptPort.Choose();
    private readonly List<long> _peaks = [];
    private Process? _process;

    /// <param name="home">Its data directory.</param>
    /// <param name="settings">Configuration below <c>DctNet</c>, as <c>Limits:MaxQueuedRequests=0</c>.</param>
    public ServerProcess(string home, params string[] settings) => (_home, _settings) = (home, settings);

    public int Port => _port.Number;

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>The most memory that its processes have had, each until it was killed.</summary>
    public IReadOnlyList<long> PeakBytes => _peaks;

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "DctNet.Server.dll"),
                $"--DctNet:Ports:Grpc={Port}", "--DctNet:Ports:Http=-1", "--DctNet:Ports:Ops=-1", "--Logging:LogLevel:Default=Error",
            },
            Environment = { ["DCTNET_HOME"] = _home },
        };
        foreach (var setting in _settings)
        {
            start.ArgumentList.Add($"--DctNet:{setting}");
        }

        _process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_patience);
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
                return;
            }
            catch (SocketException) when (!_process.HasExited)
            {
                // Not at once: on two cores the asking would slow down what it waits for.
                await Task.Delay(50, limit.Token);
            }
        }
    }

    /// <summary>As <c>kill -9</c>: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        _process!.Refresh();
        _peaks.Add(_process.PeakWorkingSet64);
        _process.Kill();
        await _process.WaitForExitAsync(cancellation);
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _port.Dispose();
    }
}
