using System.Buffers;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Service.Tests;

/// <summary>Chunks read into rented memory, against the generated parser.</summary>
public sealed class RentedChunksTests
{
    private static readonly Method<CartoonizeRequest, CartoonizeResponse> s_generated = new(
        MethodType.DuplexStreaming,
        "service",
        "method",
        new Marshaller<CartoonizeRequest>(message => message.ToByteArray(), CartoonizeRequest.Parser.ParseFrom),
        new Marshaller<CartoonizeResponse>(message => message.ToByteArray(), CartoonizeResponse.Parser.ParseFrom));

    private static readonly Method<CartoonizeRequest, CartoonizeResponse> s_rented = RentedChunks.In(
        s_generated,
        CartoonizeRequest.ChunkFieldNumber,
        message => message.MessageCase == CartoonizeRequest.MessageOneofCase.Chunk ? message.Chunk : null,
        (message, chunk) => message.Chunk = chunk);

    [Theory]
    [InlineData("", "no message")]
    [InlineData("1203616263", "a chunk")]
    [InlineData("1200", "an empty chunk")]
    [InlineData("12838000616263", "a length with more bytes than it needs")]
    [InlineData("1203616263120164", "a chunk written twice, of which the last counts")]
    [InlineData("12036162630a00", "a chunk and then a header, which counts")]
    [InlineData("0a001203616263", "a header and then a chunk, which counts")]
    [InlineData("12036162637801", "a chunk before an unknown field")]
    [InlineData("78011203616263", "a chunk after an unknown field")]
    [InlineData("0a020801", "a header")]
    [InlineData("12046162", "a chunk that is cut")]
    [InlineData("12", "a tag alone")]
    [InlineData("1283", "a length that is cut")]
    [InlineData("12ffffffff0f616263", "a length below zero")]
    [InlineData("12ffffffffffffffffff7f616263", "a length of more than 32 bits")]
    public void It_is_what_the_generated_parser_reads(string hex, string what)
    {
        _ = what;
        AssertSame(Convert.FromHexString(hex));
    }

    [Fact]
    public void Mutated_messages_are_what_the_generated_parser_reads()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            var message = new CartoonizeRequest { Chunk = ByteString.CopyFrom(bytes) }.ToByteArray();
            for (var changes = random.Next(3); changes > 0; changes--)
            {
                // Mostly in the tag and the length.
                message[random.Next(Math.Min(message.Length, random.Next(1, 6)))] = (byte)random.Next(256);
            }

            AssertSame(message);
        }
    }

    private static void AssertSame(byte[] payload)
    {
        var expected = Read(s_generated, payload);
        var actual = Read(s_rented, payload);
        Assert.Equal(expected, actual);
        if (actual is { MessageCase: CartoonizeRequest.MessageOneofCase.Chunk })
        {
            RentedChunks.Return(actual.Chunk);
        }
    }

    private static CartoonizeRequest? Read(Method<CartoonizeRequest, CartoonizeResponse> method, byte[] payload)
    {
        try
        {
            return method.RequestMarshaller.ContextualDeserializer(new Payload(payload));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>In pieces of three bytes, so that every read crosses from one to the next somewhere.</summary>
    private sealed class Payload(byte[] bytes) : DeserializationContext
    {
        public override int PayloadLength => bytes.Length;

        public override byte[] PayloadAsNewBuffer() => [.. bytes];

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence()
        {
            var first = new Piece(bytes.AsMemory(0, Math.Min(3, bytes.Length)), 0);
            var last = first;
            for (var at = 3; at < bytes.Length; at += 3)
            {
                last = last.Append(bytes.AsMemory(at, Math.Min(3, bytes.Length - at)));
            }

            return new(first, 0, last, last.Memory.Length);
        }
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long at) => (Memory, RunningIndex) = (memory, at);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
