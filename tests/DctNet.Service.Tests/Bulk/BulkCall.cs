using System.Security.Cryptography;
using DctNet.Core.Imaging;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Service.Tests.Bulk;

/// <summary>One stream of a bulk session by the bare stubs. Whatever the server owes comes within minutes, or the test fails.</summary>
internal sealed class BulkCall : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly AsyncDuplexStreamingCall<CartoonizeBulkRequest, CartoonizeBulkResponse> _call;
    private readonly CancellationTokenSource _patience;

    private BulkCall(TestServer server)
    {
        _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _patience.CancelAfter(s_patience);
        _call = new CartoonService.CartoonServiceClient(server.Channel).CartoonizeBulk(cancellationToken: _patience.Token);
    }

    public BulkStarted Started { get; private set; } = null!;

    public CartoonizeBulkResponse Current => _call.ResponseStream.Current;

    public List<BulkItemProgress> Held { get; } = [];

    /// <summary>Ids of the items that were said to be done, one for each time.</summary>
    public List<string> Done { get; } = [];

    /// <summary>All credits since the start, its own left out.</summary>
    public BulkCredits Credits { get; } = new();

    /// <summary>A small picture, a different one for each seed.</summary>
    public static byte[] Picture(int seed, int side = 32)
    {
        var noise = new Random(seed);
        using var pixels = new PixelBuffer(side, side, channels: 3);
        for (var i = 0; i < pixels.Length; i++)
        {
            // A gradient under a little noise, so that the file has some size; in mere noise the detector sees faces.
            pixels.Span[i] = (byte)((200 * i / pixels.Length) + noise.Next(56));
        }

        Assert.True(ImageEncoder.Encode(pixels, new EncodeOptions { Format = Core.Imaging.ImageFormat.Png }).TryGet(out var file, out _));
        return file.Bytes;
    }

    public static async Task<BulkCall> StartAsync(TestServer server, string session = "", string scope = "", CartoonizeOptions? options = null)
    {
        var call = new BulkCall(server);
        await call.SendAsync(new() { Start = new BulkStart { SessionId = session, IdempotencyScope = scope, DefaultOptions = options } });
        call.Started = (await call.NextAsync()).Started;
        for (var i = 0; i < call.Started.HeldItems; i++)
        {
            call.Held.Add((await call.NextAsync()).Progress);
        }

        return call;
    }

    /// <summary>A stream whose first message is the test's.</summary>
    public static BulkCall Bare(TestServer server) => new(server);

    public Task SendAsync(CartoonizeBulkRequest request) => _call.RequestStream.WriteAsync(request, _patience.Token);

    /// <summary>Sends what the server may answer in the middle of.</summary>
    public Task SendInVainAsync(Func<Task> send) => CartoonCalls.WriteInVainAsync(send, _patience.Token);

    public Task OpenAsync(string id, byte[] file, CartoonizeOptions? options = null) => SendAsync(new()
    {
        Open = new BulkItemOpen
        {
            ItemId = id,
            TotalBytes = (ulong)file.Length,
            Sha256 = ByteString.CopyFrom(SHA256.HashData(file)),
            Options = options,
        },
    });

    public Task ChunkAsync(string id, byte[] data, int offset = 0, uint damage = 0) => SendAsync(new()
    {
        Chunk = new BulkItemChunk { ItemId = id, Offset = (ulong)offset, Data = ByteString.CopyFrom(data), Crc32C = Crc32C(data) ^ damage },
    });

    public Task FinishAsync(string id) => SendAsync(new() { Finish = new BulkItemFinish { ItemId = id } });

    public Task CancelAsync(string id) => SendAsync(new() { Cancel = new BulkItemCancel { ItemId = id } });

    public Task ConfirmAsync(string id) => SendAsync(new() { Confirm = new BulkItemConfirm { ItemId = id } });

    public Task CloseAsync() => _call.RequestStream.CompleteAsync();

    public async Task SendWholeAsync(string id, byte[] file, CartoonizeOptions? options = null)
    {
        await OpenAsync(id, file, options);
        for (var offset = 0; offset < file.Length; offset += 64 << 10)
        {
            await ChunkAsync(id, file[offset..Math.Min(file.Length, offset + (64 << 10))], offset);
        }

        await FinishAsync(id);
    }

    public async Task<bool> HasNextAsync()
    {
        if (!await _call.ResponseStream.MoveNext(_patience.Token))
        {
            return false;
        }

        if (Current.Progress is { State: BulkItemState.Done } progress)
        {
            Done.Add(progress.ItemId);
        }

        Credits.Items += Current.Credits?.Items ?? 0;
        Credits.Bytes += Current.Credits?.Bytes ?? 0;
        return true;
    }

    public async Task<CartoonizeBulkResponse> NextAsync()
    {
        Assert.True(await HasNextAsync(), "The server ended the stream.");
        return _call.ResponseStream.Current;
    }

    /// <summary>Reads on until a message of this kind.</summary>
    public async Task<CartoonizeBulkResponse> UntilAsync(Func<CartoonizeBulkResponse, bool> wanted)
    {
        while (true)
        {
            var message = await NextAsync();
            if (wanted(message))
            {
                return message;
            }
        }
    }

    public async Task<Google.Rpc.Status> StatusAsync(string id) => (await UntilAsync(m => m.Status?.ItemId == id)).Status.Status;

    public Task<CartoonizeBulkResponse> UntilStateAsync(string id, BulkItemState state) =>
        UntilAsync(m => m.Progress is { } progress && progress.ItemId == id && progress.State == state);

    /// <summary>Reads the next result: header, chunks in order with their checksums, status.</summary>
    public async Task<(string Id, ResultHeader Header, byte[] File)> ResultAsync()
    {
        var begin = (await UntilAsync(m => m.ResultHeader is not null)).ResultHeader;
        using var file = new MemoryStream();
        while (true)
        {
            var message = await UntilAsync(m => m.ResultChunk is not null || m.Status is not null);
            if (message.Status is { } status)
            {
                Assert.Equal((begin.ItemId, 0), (status.ItemId, status.Status.Code));
                Assert.Equal(begin.Header.TotalBytes, (ulong)file.Length);
                Assert.Equal(begin.Header.Sha256, ByteString.CopyFrom(SHA256.HashData(file.ToArray())));
                return (begin.ItemId, begin.Header, file.ToArray());
            }

            var chunk = message.ResultChunk;
            Assert.Equal((begin.ItemId, (ulong)file.Length), (chunk.ItemId, chunk.Offset));
            Assert.InRange(chunk.Data.Length, 1, 64 << 10);
            Assert.Equal(Crc32C(chunk.Data.Span), chunk.Crc32C);
            chunk.Data.WriteTo(file);
        }
    }

    public Task<Google.Rpc.Status> FailsAsync(StatusCode code, string reason) => RpcAssert.FailsAsync(code, reason, async () =>
    {
        while (await HasNextAsync())
        {
        }
    });

    public void Dispose()
    {
        _call.Dispose();
        _patience.Dispose();
    }

    /// <summary>Bit by bit from the polynomial: the twin of the fast one.</summary>
    private static uint Crc32C(ReadOnlySpan<byte> data)
    {
        const uint Castagnoli = 0x82F63B78;
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Castagnoli);
            }
        }

        return ~crc;
    }
}
