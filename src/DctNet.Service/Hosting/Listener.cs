using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DctNet.Service.Hosting;

/// <summary>
/// Which of the server's doors a request came in by. It travels as a feature of the connection, because a Host header can claim any
/// port and a port number says nothing about a Unix socket.
/// </summary>
internal enum Listener
{
    /// <summary>gRPC over HTTP/2.</summary>
    Grpc,

    /// <summary>HTTP/1.1 for browsers: gRPC-Web.</summary>
    Http,

    /// <summary>HTTP/1.1 for operators.</summary>
    Ops,
}

internal static class ListenerExtensions
{
    public static void Serve(this ListenOptions options, Listener listener)
    {
        options.Protocols = listener == Listener.Grpc ? HttpProtocols.Http2 : HttpProtocols.Http1;
        options.Use(next => connection =>
        {
            connection.Features.Set(new ListenerFeature(listener));
            return next(connection);
        });
    }

    public static bool CameBy(this HttpContext context, Listener listener) =>
        context.Features.Get<ListenerFeature>()?.Listener == listener;

    private sealed record ListenerFeature(Listener Listener);
}
