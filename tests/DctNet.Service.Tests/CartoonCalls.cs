using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Service.Tests;

/// <summary>Calls by the bare stubs: the tests of the wire do not go through our own client.</summary>
internal static class CartoonCalls
{
    private const int ChunkBytes = 64 << 10;

    public static async Task<(ResultHeader Header, byte[] File)> CartoonizeAsync(
        this TestServer server, byte[] picture, CartoonizeOptions? options = null, string idempotencyKey = "", ulong? totalBytes = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var call = new CartoonService.CartoonServiceClient(server.Channel).Cartoonize(cancellationToken: cancellation);
        var header = new CartoonizeHeader
        {
            Options = options ?? new(),
            IdempotencyKey = idempotencyKey,
            TotalBytes = totalBytes ?? (ulong)picture.Length,
        };
        try
        {
            await call.RequestStream.WriteAsync(new CartoonizeRequest { Header = header }, cancellation);
            for (var offset = 0; offset < picture.Length; offset += ChunkBytes)
            {
                var chunk = ByteString.CopyFrom(picture, offset, Math.Min(ChunkBytes, picture.Length - offset));
                await call.RequestStream.WriteAsync(new CartoonizeRequest { Chunk = chunk }, cancellation);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // The server has answered already, or is gone; the status is on the response stream. What a write throws then is anybody's guess.
        }

        ResultHeader? facts = null;
        using var file = new MemoryStream();
        await foreach (var message in call.ResponseStream.ReadAllAsync(cancellation))
        {
            if (message.Header is not null)
            {
                Assert.Null(facts);
                facts = message.Header;
            }
            else
            {
                Assert.NotNull(facts);
                Assert.InRange(message.Chunk.Length, 1, ChunkBytes);
                message.Chunk.WriteTo(file);
            }
        }

        return (Assert.IsType<ResultHeader>(facts), file.ToArray());
    }

    public static async Task<VerifyResponse> VerifyAsync(this TestServer server, byte[] picture)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var call = new ProvenanceService.ProvenanceServiceClient(server.Channel).Verify(cancellationToken: cancellation);
        await call.RequestStream.WriteAsync(new VerifyRequest { Header = new VerifyHeader() }, cancellation);
        await call.RequestStream.WriteAsync(new VerifyRequest { Chunk = ByteString.CopyFrom(picture) }, cancellation);
        await call.RequestStream.CompleteAsync();
        return await call.ResponseAsync;
    }
}
