using System.Net;

namespace DctNet.Cli.Bench;

/// <summary>
/// Another HTTP server to compare with: takes a picture as the body of a POST and answers 200 with the cartoon, or 429 or 503 when it has too
/// much to do.
/// </summary>
internal sealed class HttpTarget : ITarget
{
    private readonly Uri _address;
    private readonly HttpClient _client;

    /// <param name="address">Where to post.</param>
    /// <param name="deadline">How long a caller waits for the last byte.</param>
    public HttpTarget(Uri address, TimeSpan deadline)
    {
        _address = address;
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = deadline };
    }

    public string Protocol => "HTTP";

    public Task<string> DescribeAsync(CancellationToken cancellation) => Task.FromResult(_address.ToString());

    public async Task<Answer> SendAsync(byte[] picture, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(picture);
        try
        {
            using var response = await _client.PostAsync(_address, content, cancellation);
            var end = response.StatusCode switch
            {
                HttpStatusCode.OK => AttemptEnd.Ok,
                HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => AttemptEnd.Refused,
                _ => AttemptEnd.Failed,
            };
            return new Answer(end, Error: end == AttemptEnd.Ok ? null : $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}");
        }
        catch (HttpRequestException e)
        {
            return new Answer(AttemptEnd.Failed, Error: e.Message);
        }
        catch (TaskCanceledException e) when (e.InnerException is TimeoutException)
        {
            return new Answer(AttemptEnd.Late, Error: $"{_address} did not answer within {_client.Timeout.TotalSeconds:0} s.");
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
