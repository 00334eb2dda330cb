using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace DctNet.Service.Interceptors;

/// <summary>
/// Reads on, for a moment, what a call leaves unread of its upload, before the call's status goes out. A stream that Kestrel has to cut
/// counts among the connection's streams for five more seconds (RequestBodyDrainTimeout): some hundred refusals in that time, as under
/// overload, and Kestrel refuses every stream of the connection, then closes it with other calls on it.
/// </summary>
internal sealed class UploadDrain(RequestDelegate next, TimeProvider time)
{
    /// <summary>Enough for a portrait over a good line; a slow or endless upload is cut after all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (HttpProtocol.IsHttp2(context.Request.Protocol) && !context.RequestAborted.IsCancellationRequested)
        {
            await DrainAsync(context.Request.BodyReader, context.RequestAborted);
        }
    }

    private async Task DrainAsync(PipeReader body, CancellationToken aborted)
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, aborted);
        try
        {
            ReadResult read;
            do
            {
                read = await body.ReadAsync(either.Token);
                body.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Out of patience, cut off, or another reader still holds the body: Kestrel ends the stream its own way.
        }
    }
}
