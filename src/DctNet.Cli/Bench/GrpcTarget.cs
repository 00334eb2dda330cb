using DctNet.Cli.Commands;
using DctNet.Client;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Cli.Bench;

/// <summary>The service, elsewhere or inside this process.</summary>
internal sealed class GrpcTarget : ITarget
{
    private readonly ServiceConnection _connection;
    private readonly CartoonizeOptions _options;
    private readonly bool _unary;

    private GrpcTarget(ServiceConnection connection, CartoonizeOptions options, bool unary)
        => (_connection, _options, _unary) = (connection, options, unary);

    public string Protocol => _unary ? "unary" : "streaming";

    /// <param name="choice">Which service.</param>
    /// <param name="options">What to make of the pictures.</param>
    /// <param name="unary">One message each way instead of a stream.</param>
    /// <param name="deadline">How long a caller waits.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<GrpcTarget> OpenAsync(
        ServiceChoice choice, CartoonizeOptions options, bool unary, TimeSpan deadline, CancellationToken cancellation)
    {
        // What is measured is the server's answer, not the client's patience.
        var connection = await ServiceConnection.OpenAsync(choice, cancellation, client => client with { MaxAttempts = 1, Deadline = deadline });
        return new GrpcTarget(connection, options, unary);
    }

    public async Task<string> DescribeAsync(CancellationToken cancellation)
    {
        var info = await _connection.Client.GetServerInfoAsync(cancellation);
        return $"server {info.Version} on {info.ExecutionProvider}, {info.Limits.MaxConcurrentRequests} in work, {info.Limits.MaxQueuedRequests} queued";
    }

    public async Task<Answer> SendAsync(byte[] picture, CancellationToken cancellation)
    {
        try
        {
            var cartoon = _unary
                ? await _connection.Client.CartoonizeImageAsync(picture, _options, cancellation)
                : await _connection.Client.CartoonizeAsync(picture, _options, cancellation);
            var timing = cartoon.Header.Timing;
            return new Answer(AttemptEnd.Ok, timing?.Queue?.ToTimeSpan(), timing?.Compute?.ToTimeSpan());
        }
        catch (DctNetException e)
        {
            var end = e.StatusCode switch
            {
                StatusCode.ResourceExhausted when e.RetryAfter is not null => AttemptEnd.Refused,
                StatusCode.DeadlineExceeded => AttemptEnd.Late,
                _ => AttemptEnd.Failed,
            };
            return new Answer(end, Error: Guard.Describe(e));
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
