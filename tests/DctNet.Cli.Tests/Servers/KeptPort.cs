using System.Net;
using System.Net.Sockets;

namespace DctNet.Cli.Tests.Servers;

/// <summary>
/// A port for a server that goes away and comes back: below those that the system gives to whoever asks for any, so that nobody takes it
/// meanwhile.
/// </summary>
internal static class KeptPort
{
    public static int Choose()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 30_000);
            using var socket = new TcpListener(IPAddress.Loopback, port);
            try
            {
                socket.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's; the next one.
            }
        }
    }
}
