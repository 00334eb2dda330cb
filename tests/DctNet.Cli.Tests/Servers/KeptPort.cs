using System.Net;
using System.Net.Sockets;

namespace DctNet.Cli.Tests.Servers;

/// <summary>
/// A port for a server that goes away and comes back: below those that the system gives to whoever asks for any, so that nobody takes it
/// meanwhile. Other tests that choose one see by a lock on a file that it is somebody's.
/// </summary>
internal sealed class KeptPort : IDisposable
{
    private readonly FileStream _lock;

    private KeptPort(int number, FileStream @lock) => (Number, _lock) = (number, @lock);

    public int Number { get; }

    public static KeptPort Choose()
    {
        while (true)
        {
            var number = Random.Shared.Next(10_000, 30_000);
            FileStream? claim = null;
            try
            {
                claim = new FileStream(
                    Path.Combine(Path.GetTempPath(), $"dctnet-port-{number}"),
                    FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
                using var socket = new TcpListener(IPAddress.Loopback, number);
                socket.Start();
                return new KeptPort(number, claim);
            }
            catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
            {
                // Somebody's; the next one.
                claim?.Dispose();
            }
        }
    }

    public void Dispose() => _lock.Dispose();
}
