using System.Security.Cryptography;
using System.Text;
using DctNet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace DctNet.Cli.Tests.Servers;

/// <summary>What a <see cref="ScriptedServer"/> can do with a call whose header it has read.</summary>
internal static class Behaviours
{
    /// <summary>Reads so many chunks of the upload, then fails.</summary>
    public static ScriptedServer.Behaviour FailAfter(int chunks, RpcException error) => async (upload, _, _) =>
    {
        for (var i = 0; i < chunks; i++)
        {
            Assert.True(await upload.MoveNext());
        }

        throw error;
    };

    public static ScriptedServer.Behaviour Unavailable(int afterChunks = 0)
        => FailAfter(afterChunks, new RpcException(new Status(StatusCode.Unavailable, "going away")));

    /// <summary>Fails once it has read the whole upload, which leaves nothing for Kestrel to cut.</summary>
    public static async Task UnavailableInTheEnd(
        IAsyncStreamReader<CartoonizeRequest> upload, IServerStreamWriter<CartoonizeResponse> answer, ServerCallContext context)
    {
        await ReadAsync(upload);
        throw new RpcException(new Status(StatusCode.Unavailable, "going away"));
    }

    /// <summary>Refuses for now, and says when to come back.</summary>
    public static ScriptedServer.Behaviour Overloaded(TimeSpan retryAfter) => FailAfter(0, new Google.Rpc.Status
    {
        Code = (int)Code.ResourceExhausted,
        Message = "too much",
        Details =
        {
            Any.Pack(new ErrorInfo { Domain = "dctnet.dev", Reason = "OVERLOADED" }),
            Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }),
        },
    }.ToRpcException());

    /// <summary>Reads the whole upload and gives it back.</summary>
    public static async Task Echo(
        IAsyncStreamReader<CartoonizeRequest> upload, IServerStreamWriter<CartoonizeResponse> answer, ServerCallContext context)
    {
        var bytes = await ReadAsync(upload);
        await answer.WriteAsync(Header(bytes));
        foreach (var chunk in bytes.Chunk(50_000))
        {
            await answer.WriteAsync(Chunk(chunk));
        }
    }

    /// <summary>Refuses an upload that begins with "bad", for the reason that follows it; gives others back.</summary>
    public static async Task EchoUnlessBad(
        IAsyncStreamReader<CartoonizeRequest> upload, IServerStreamWriter<CartoonizeResponse> answer, ServerCallContext context)
    {
        var bytes = await ReadAsync(upload);
        var text = Encoding.ASCII.GetString(bytes);
        if (text.StartsWith("bad ", StringComparison.Ordinal))
        {
            throw Refusal(text[4..], "the picture is bad");
        }

        await answer.WriteAsync(Header(bytes));
        await answer.WriteAsync(Chunk(bytes));
    }

    public static RpcException Refusal(string reason, string message) => new Google.Rpc.Status
    {
        Code = (int)Code.InvalidArgument,
        Message = message,
        Details = { Any.Pack(new ErrorInfo { Domain = "dctnet.dev", Reason = reason }) },
    }.ToRpcException();

    public static async Task<byte[]> ReadAsync(IAsyncStreamReader<CartoonizeRequest> upload)
    {
        using var bytes = new MemoryStream();
        while (await upload.MoveNext())
        {
            Assert.InRange(upload.Current.Chunk.Length, 1, 64 * 1024);
            upload.Current.Chunk.WriteTo(bytes);
        }

        return bytes.ToArray();
    }

    /// <summary>Answers with these messages, whatever is sent.</summary>
    public static ScriptedServer.Behaviour Answer(params CartoonizeResponse[] messages) => async (upload, answer, _) =>
    {
        await ReadAsync(upload);
        foreach (var message in messages)
        {
            await answer.WriteAsync(message);
        }
    };

    public static CartoonizeResponse Header(byte[] bytes) => new()
    {
        Header = new ResultHeader
        {
            Format = ImageFormat.Png,
            Width = 1024,
            Height = 768,
            Style = "toon",
            Watermark = new WatermarkFacts { Embedded = true, Id = "0123456789abcdef", KeyId = "dev" },
            TotalBytes = (ulong)bytes.Length,
            Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)),
        },
    };

    public static CartoonizeResponse Chunk(byte[] bytes) => new() { Chunk = ByteString.CopyFrom(bytes) };
}
