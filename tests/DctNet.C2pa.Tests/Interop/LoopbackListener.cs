using System.Net;
using System.Net.Sockets;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>An <see cref="HttpListener"/>, which cannot ask for any free port, on one that was free a moment before.</summary>
internal static class LoopbackListener
{
    public static (HttpListener Listener, Uri Address) Start()
    {
        while (true)
        {
            var address = new Uri($"http://127.0.0.1:{FreePort()}/");
            var listener = new HttpListener();
            listener.Prefixes.Add(address.ToString());
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException)
            {
                // Somebody has taken it meanwhile.
                listener.Close();
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
