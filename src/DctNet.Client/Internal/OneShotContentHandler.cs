using System.Net;

namespace DctNet.Client;

/// <summary>
/// Lets a request's body be sent once. SocketsHttpHandler sends a refused HTTP/2 stream again by itself, but the body of a streaming call
/// is gone by then: the server would wait for its first message until the deadline. Failing instead ends the call with UNAVAILABLE, and
/// the <see cref="Retrier"/> starts it anew from the source's beginning.
/// </summary>
internal sealed class OneShotContentHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content)
        {
            request.Content = new OneShotContent(content);
        }

        return base.SendAsync(request, cancellationToken);
    }

    private sealed class OneShotContent : HttpContent
    {
        private readonly HttpContent _content;
        private bool _sent;

        public OneShotContent(HttpContent content)
        {
            _content = content;
            foreach (var (name, values) in content.Headers)
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
            => Interlocked.Exchange(ref _sent, true)
                ? throw new IOException("The server refused the stream while its body was on the way.")
                : _content.CopyToAsync(stream, context, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _content.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
