using DctNet.Cli.Commands;
using DctNet.Client;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Cli.Bench;

/// <summary>The service, elsewhere or inside this process.</summary>
internal sealed class GrpcTarget : ITarget
{
    private readonly ServiceConnection _connection;
    private readonly CallKind _kind;
    private readonly CartoonizeOptions _options;
    private readonly BulkLine? _bulk;

    private GrpcTarget(ServiceConnection connection, CallKind kind, CartoonizeOptions options, TimeSpan deadline)
    {
        (_connection, _kind, _options) = (connection, kind, options);
        _bulk = kind == CallKind.Bulk ? new BulkLine(connection.Client, options, deadline) : null;
    }

    public string Protocol => _kind switch
    {
        CallKind.Unary => "unary",
        CallKind.Bulk => "one bulk stream",
        _ => "streaming",
    };

    /// <param name="choice">Which service.</param>
    /// <param name="kind">How to send the pictures.</param>
    /// <param name="options">What to make of them.</param>
    /// <param name="deadline">How long a caller waits.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<GrpcTarget> OpenAsync(
        ServiceChoice choice, CallKind kind, CartoonizeOptions options, TimeSpan deadline, CancellationToken cancellation)
    {
        // What is measured is the server's answer, not the client's patience.
        var connection = await ServiceConnection.OpenAsync(choice, cancellation, client => client with { MaxAttempts = 1, RetryWhenOverloaded = false, Deadline = deadline });
        return new GrpcTarget(connection, kind, options, deadline);
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
            var timing = (await CartoonizeAsync(picture, cancellation)).Timing;
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
        catch (TimeoutException e)
        {
            return new Answer(AttemptEnd.Late, Error: e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_bulk is not null)
        {
            await _bulk.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }

    private async Task<ResultHeader> CartoonizeAsync(byte[] picture, CancellationToken cancellation) => _kind switch
    {
        CallKind.Unary => (await _connection.Client.CartoonizeImageAsync(picture, _options, cancellation)).Header,
        CallKind.Bulk => await _bulk!.SendAsync(picture, cancellation),
        _ => (await _connection.Client.CartoonizeAsync(picture, _options, cancellation)).Header,
    };
}
