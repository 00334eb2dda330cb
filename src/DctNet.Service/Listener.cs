using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DctNet.Service;

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
    /// <summary>Serves a listener's protocol on an endpoint.</summary>
    /// <param name="options">The endpoint.</param>
    /// <param name="listener">Which.</param>
    /// <param name="maxAge">After about this time a connection says GOAWAY: no new calls, what runs finishes. Zero: never.</param>
    /// <param name="time">The clock of the age; null for the system's.</param>
    public static void Serve(this ListenOptions options, Listener listener, TimeSpan maxAge = default, TimeProvider? time = null)
    {
        options.Protocols = listener == Listener.Grpc ? HttpProtocols.Http2 : HttpProtocols.Http1;
        options.Use(next => connection =>
        {
            connection.Features.Set(new ListenerFeature(listener));
            return maxAge > TimeSpan.Zero ? ServeForAsync(connection, next, maxAge, time ?? TimeProvider.System) : next(connection);
        });
    }

    // A tenth around the age, so that connections made together, at a server's start for example, do not end together.
    private static async Task ServeForAsync(ConnectionContext connection, ConnectionDelegate next, TimeSpan maxAge, TimeProvider time)
    {
#pragma warning disable CA5394 // Spreads load; no secret.
        var age = maxAge * (0.9 + (0.2 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        await using var timer = time.CreateTimer(_ => lifetime?.RequestClose(), null, age, Timeout.InfiniteTimeSpan);
        await next(connection);
    }

    public static bool CameBy(this HttpContext context, Listener listener) =>
        context.Features.Get<ListenerFeature>()?.Listener == listener;

    private sealed record ListenerFeature(Listener Listener);
}
