using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit.Sdk;

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
        await WriteInVainAsync(WriteAsync, cancellation);
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

        async Task WriteAsync()
        {
            await call.RequestStream.WriteAsync(new CartoonizeRequest { Header = header }, cancellation);
            for (var offset = 0; offset < picture.Length; offset += ChunkBytes)
            {
                var chunk = ByteString.CopyFrom(picture, offset, Math.Min(ChunkBytes, picture.Length - offset));
                await call.RequestStream.WriteAsync(new CartoonizeRequest { Chunk = chunk }, cancellation);
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    /// <summary>
    /// Writes to a call that the server may answer or leave meanwhile: its status is on the response stream, and what a write throws then is
    /// anybody's guess.
    /// </summary>
    public static async Task WriteInVainAsync(Func<Task> write, CancellationToken cancellation)
    {
        try
        {
            await write();
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested && exception is not IAssertionException)
        {
        }
    }

    public static async Task<VerifyResponse> VerifyAsync(
        this TestServer server, byte[] picture, DetectionEffort effort = DetectionEffort.Unspecified)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var call = new ProvenanceService.ProvenanceServiceClient(server.Channel).Verify(cancellationToken: cancellation);
        await WriteInVainAsync(
            async () =>
            {
                await call.RequestStream.WriteAsync(new VerifyRequest { Header = new VerifyHeader { Effort = effort } }, cancellation);
                await call.RequestStream.WriteAsync(new VerifyRequest { Chunk = ByteString.CopyFrom(picture) }, cancellation);
                await call.RequestStream.CompleteAsync();
            },
            cancellation);
        return await call.ResponseAsync;
    }
}
