using DctNet.V1;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>The receiving side of one stream: takes results in and tells the items what has become of them.</summary>
internal sealed class BulkReceiver(BulkRun run, BulkEntries entries, IAsyncStreamReader<CartoonizeBulkResponse> answers) : IAsyncDisposable
{
    // Results that are arriving.
    private readonly Dictionary<BulkEntry, ResultSink> _sinks = [];

    /// <summary>True once the server has said something.</summary>
    public bool HasHeard { get; private set; }

    /// <summary>True once a result has come whole.</summary>
    public bool HasResult { get; private set; }

    /// <summary>Reads the answer to the start.</summary>
    /// <exception cref="DctNetException">It is something else.</exception>
    /// <exception cref="RpcException">The call is over.</exception>
    public async Task<(BulkStarted Started, IReadOnlyDictionary<string, BulkItemProgress> Held)> BeginAsync(CancellationToken cut)
    {
        var started = (await NextAsync(cut)).Started ?? throw Invalid("The stream does not begin with its session.");
        var held = new Dictionary<string, BulkItemProgress>(StringComparer.Ordinal);
        for (var i = 0; i < started.HeldItems; i++)
        {
            var item = (await NextAsync(cut)).Progress ?? throw Invalid("The stream does not go on with the items held.");
            held[item.ItemId] = item;
        }

        return (started, held);
    }

    /// <summary>Reads until the server ends the stream.</summary>
    /// <param name="heard">Called whenever the server has said something.</param>
    /// <param name="cut">Ends the reading. The end of the run does not: what comes until the server has heard of it is taken in as ever.</param>
    /// <param name="cancellation">Ends the pauses of items that were refused for now.</param>
    /// <exception cref="DctNetException">An answer is not what was promised.</exception>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task RunAsync(Action heard, CancellationToken cut, CancellationToken cancellation)
    {
        while (await answers.MoveNext(cut))
        {
            HasHeard = true;
            heard();
            var message = answers.Current;
            switch (message.MessageCase)
            {
                case CartoonizeBulkResponse.MessageOneofCase.Credits:
                    entries.Grant(message.Credits);
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.Progress when message.Progress.State == BulkItemState.Done:
                    entries.Forget(message.Progress.ItemId);
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.ResultHeader when entries.Awaiting(message.ResultHeader.ItemId) is { } entry:
                    await OnOwnStreamAsync(entry, () => BeginResultAsync(entry, message.ResultHeader.Header));
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.ResultChunk when entries.Awaiting(message.ResultChunk.ItemId) is { } entry:
                    await OnOwnStreamAsync(entry, () => SinkOf(entry).WriteAsync(message.ResultChunk, cut));
                    run.Report(now => now with { ReceivedBytes = now.ReceivedBytes + message.ResultChunk.Data.Length });
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.Status when message.Status.Status.Code != (int)StatusCode.OK:
                    entries.Fail(message.Status.ItemId, DctNetException.From(message.Status.Status.ToRpcException()), cancellation);
                    break;
                case CartoonizeBulkResponse.MessageOneofCase.Status when entries.Awaiting(message.Status.ItemId) is { } entry:
                    await OnOwnStreamAsync(entry, () => EndResultAsync(entry));
                    break;
            }
        }
    }

    /// <summary>Parts of results that are not whole are of no use.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var entry in _sinks.Keys.ToArray())
        {
            await DropAsync(entry);
        }
    }

    private static DctNetException Invalid(string message) => new(StatusCode.DataLoss, "INVALID_ANSWER", message);

    private async Task<CartoonizeBulkResponse> NextAsync(CancellationToken cut)
    {
        if (!await answers.MoveNext(cut))
        {
            throw Invalid("The stream ended before it began.");
        }

        return answers.Current;
    }

    private ResultSink SinkOf(BulkEntry entry) => _sinks.GetValueOrDefault(entry) ?? throw Invalid("A result does not begin with its header.");

    private async Task BeginResultAsync(BulkEntry entry, ResultHeader header)
    {
        await DropAsync(entry);
        _sinks.Add(entry, new ResultSink(header, entry.Item.DestinationPath));
    }

    private async Task EndResultAsync(BulkEntry entry)
    {
        var sink = SinkOf(entry);
        var result = new BulkResult(entry.Item, sink.Header, await sink.CommitAsync());
        await DropAsync(entry);
        HasResult = true;
        entries.Succeed(entry, result);
    }

    // The caller's disk is no matter between us and the server: it costs the item, not the stream. A result with wrong bytes costs the
    // stream, since it comes again on the next.
    private async Task OnOwnStreamAsync(BulkEntry entry, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await DropAsync(entry);
            entries.Withdraw(entry, exception);
        }
        catch (DctNetException exception)
        {
            await DropAsync(entry);
            if (entries.MayCome(entry, exception))
            {
                throw;
            }
        }

        entries.Wake();
    }

    private async Task DropAsync(BulkEntry entry)
    {
        if (_sinks.Remove(entry, out var sink))
        {
            await sink.DisposeAsync();
        }
    }
}
