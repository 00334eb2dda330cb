using System.Net;
using System.Net.Http.Headers;

namespace DctNet.ModelTools;

/// <summary>One file from one URL, in as many attempts as it takes.</summary>
/// <param name="http">The client.</param>
/// <param name="time">For noticing a server that stands still.</param>
/// <param name="url">Where from.</param>
/// <param name="part">Where to.</param>
/// <param name="bytes">The file's size, where it is known.</param>
/// <param name="checkedLater">The whole file's digest is known, so it may be put together from parts without a tag.</param>
/// <param name="progress">Told the bytes that are here and those of the whole.</param>
internal sealed class Download(
    HttpClient http, TimeProvider time, Uri url, PartialFile part, long? bytes, bool checkedLater, IProgress<(long Done, long? Total)>? progress)
{
    private const int BufferBytes = 64 << 10;

    /// <summary>Longer without a byte, and the connection is given up.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[BufferBytes];

    public Uri Url => url;

    /// <summary>Bytes that are here.</summary>
    public long Done => part.Stream.Length;

    /// <summary>Something tells whether the rest belongs to the same file.</summary>
    public bool GoesOn => checkedLater || part.Tag is not null;

    /// <returns>Null when the file is complete.</returns>
    public async Task<Interruption?> AttemptAsync(CancellationToken cancellationToken)
    {
        if (bytes is { } whole && Done >= whole)
        {
            if (Done == whole)
            {
                return null;
            }

            part.StartAgain();
        }

        using var patience = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(Request(), HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (IsComplete(response))
            {
                return null;
            }

            if (Refusal(response) is { } refusal)
            {
                return refusal;
            }

            if (response.StatusCode != HttpStatusCode.PartialContent)
            {
                part.StartAgain();
                part.Tag = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
            }

            // A part may be shorter than what was asked for.
            var total = response.Content.Headers.ContentRange?.Length ?? (Done + response.Content.Headers.ContentLength);
            if (total is { } announced && Wrong(announced) is { } wrong)
            {
                return wrong;
            }

            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            for (int read; (read = await ReadAsync(body, either.Token)) > 0;)
            {
                patience.CancelAfter(s_patience);
                if (Done + read > (bytes ?? ModelImporter.MaxFileBytes))
                {
                    part.StartAgain();
                    return new Interruption("the server sends more than the file has", IsFinal: true);
                }

                await part.Stream.WriteAsync(_buffer.AsMemory(0, read), cancellationToken);
                progress?.Report((Done, bytes ?? total));
            }

            return Done < (bytes ?? total ?? Done) ? new Interruption("the connection was cut", IsFinal: false) : null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new Interruption($"no byte came for {s_patience.TotalSeconds} s", IsFinal: false);
        }
        catch (HttpRequestException e)
        {
            return new Interruption(e.Message.TrimEnd('.'), IsFinal: false);
        }
    }

    // An error of the connection, told apart from one of the disk.
    private async ValueTask<int> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(_buffer, cancellationToken);
        }
        catch (IOException e)
        {
            throw new HttpRequestException(e.Message, e);
        }
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (Done == 0)
        {
            return request;
        }

        if (!GoesOn)
        {
            part.StartAgain();
            return request;
        }

        request.Headers.Range = new RangeHeaderValue(Done, null);
        if (part.Tag is { } tag)
        {
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        }

        return request;
    }

    /// <summary>There is no rest: the call before was interrupted when all was here.</summary>
    private bool IsComplete(HttpResponseMessage response) =>
        bytes is null && Done > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
        && response.Content.Headers.ContentRange?.Length == Done && IsSame(response.Headers.ETag);

    private bool IsSame(EntityTagHeaderValue? tag) => tag is not { IsWeak: false } || part.Tag is not { } held || tag.Equals(held);

    private Interruption? Refusal(HttpResponseMessage response)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
            case HttpStatusCode.PartialContent when Done > 0 && response.Content.Headers.ContentRange?.From == Done && IsSame(response.Headers.ETag):
                return null;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                part.StartAgain();
                return new Interruption("the server has another file than before", IsFinal: false);
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                return new Interruption($"the server answers {(int)response.StatusCode}", IsFinal: false);
            default:
                return new Interruption($"the server answers {(int)response.StatusCode} ({response.ReasonPhrase})", IsFinal: true);
        }
    }

    private Interruption? Wrong(long total)
    {
        var reason = bytes is { } known && total != known ? $"the file has {total:N0} bytes; {known:N0} are expected"
            : total > ModelImporter.MaxFileBytes ? $"the file has {total:N0} bytes, more than any DCT-Net"
            : null;
        if (reason is null)
        {
            return null;
        }

        part.StartAgain();
        return new Interruption(reason, IsFinal: true);
    }
}
