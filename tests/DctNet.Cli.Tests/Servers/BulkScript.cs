using DctNet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace DctNet.Cli.Tests.Servers;

/// <summary>The server's side of one bulk stream, step by step.</summary>
internal sealed class BulkScript(IAsyncStreamReader<CartoonizeBulkRequest> requests, IServerStreamWriter<CartoonizeBulkResponse> responses)
{
    /// <summary>Reads the start and answers it.</summary>
    public async Task<BulkStart> StartAsync(params BulkItemProgress[] held)
    {
        var start = (await NextAsync()).Start;
        var credits = new BulkCredits { Items = 8, Bytes = 64 << 20 };
        await SendAsync(new() { Started = new BulkStarted { SessionId = "session", Credits = credits, HeldItems = (uint)held.Length } });
        foreach (var item in held)
        {
            await SendAsync(new() { Progress = item });
        }

        return start;
    }

    public async Task<CartoonizeBulkRequest> NextAsync()
    {
        Assert.True(await requests.MoveNext());
        return requests.Current;
    }

    public Task SendAsync(CartoonizeBulkResponse message) => responses.WriteAsync(message);

    /// <summary>Ends an item for now: it may come again at once.</summary>
    public Task RefuseAsync(string id) => EndAsync(id, new Status
    {
        Code = (int)Code.ResourceExhausted,
        Details = { Any.Pack(new ErrorInfo { Reason = "QUOTA_EXCEEDED" }), Any.Pack(new RetryInfo { RetryDelay = new Duration() }) },
    });

    public Task EndAsync(string id, Status status) => SendAsync(new() { Status = new BulkItemStatus { ItemId = id, Status = status } });

    /// <summary>Reads an item's chunks from its beginning to its finish, whatever else comes between them.</summary>
    public async Task<byte[]> ReceiveAsync(string id)
    {
        using var file = new MemoryStream();
        while (await NextAsync() is { Finish: null } message)
        {
            if (message.Chunk is not { } chunk)
            {
                await AnswerAsync(message);
                continue;
            }

            Assert.Equal((id, (ulong)file.Length), (chunk.ItemId, chunk.Offset));
            chunk.Data.WriteTo(file);
        }

        return file.ToArray();
    }

    /// <summary>Reads whatever else comes, until the caller closes.</summary>
    public async Task<List<CartoonizeBulkRequest>> RestAsync()
    {
        var rest = new List<CartoonizeBulkRequest>();
        while (await requests.MoveNext())
        {
            rest.Add(requests.Current);
        }

        return rest;
    }

    /// <summary>Sends a result.</summary>
    public async Task DeliverAsync(string id, byte[] file, uint damage = 0)
    {
        await SendAsync(new() { ResultHeader = new BulkResultHeader { ItemId = id, Header = Behaviours.Header(file).Header } });
        for (var offset = 0; offset < file.Length; offset += 64 << 10)
        {
            var data = file.AsSpan(offset, Math.Min(64 << 10, file.Length - offset));
            var chunk = new BulkResultChunk
            {
                ItemId = id, Offset = (ulong)offset, Data = ByteString.CopyFrom(data), Crc32C = Crc32C.Of(data) ^ damage,
            };
            await SendAsync(new() { ResultChunk = chunk });
        }

        await EndAsync(id, new Status());
    }

    /// <summary>Answers whatever still comes as a server does, until the caller closes.</summary>
    public async Task ServeAsync()
    {
        while (await requests.MoveNext())
        {
            if (requests.Current.Open is { } open)
            {
                await DeliverAsync(open.ItemId, await ReceiveAsync(open.ItemId));
            }
            else
            {
                await AnswerAsync(requests.Current);
            }
        }
    }

    // Items that are opened here are delivered at once: nothing of them can be left to cancel.
    private Task AnswerAsync(CartoonizeBulkRequest message)
    {
        Assert.NotNull(message.Confirm);
        return SendAsync(new() { Progress = new BulkItemProgress { ItemId = message.Confirm.ItemId, State = BulkItemState.Done } });
    }
}
