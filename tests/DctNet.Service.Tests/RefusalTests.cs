using System.Buffers.Binary;
using System.Text;
using DctNet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace DctNet.Service.Tests;

/// <summary>Bad input is refused by name, and the server goes on serving.</summary>
[Collection(SharedServerGroup.Name)]
public sealed class RefusalTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    public static TheoryData<string, string> BadFiles => new()
    {
        { "empty", "EMPTY_INPUT" },
        { "text", "UNSUPPORTED_FORMAT" },
        { "heic", "UNSUPPORTED_FORMAT" },
        { "svg", "UNSUPPORTED_FORMAT" },
        { "truncated", "CORRUPT_IMAGE" },
        { "damaged", "CORRUPT_IMAGE" },
        { "header only", "CORRUPT_IMAGE" },
        { "bomb", "IMAGE_TOO_LARGE" },
        { "animation", "ANIMATED_IMAGE" },
        { "dot", "IMAGE_TOO_SMALL" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task A_bad_file_is_refused_by_name(string kind, string reason)
    {
        var status = await RpcAssert.FailsAsync(
            StatusCode.InvalidArgument, reason, () => _server.CartoonizeAsync(BadFile(kind), new CartoonizeOptions { MaxSide = 64 }));

        Assert.NotEmpty(Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations).Description);
        if (kind == "heic")
        {
            Assert.Contains("HEIC", status.Message, StringComparison.Ordinal);
        }

        var (header, _) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 64 });
        Assert.Equal(64u, header.Width);
    }

    [Theory]
    [InlineData("options.style", "UNKNOWN_STYLE", "no such style", null, null, 0)]
    [InlineData("options.style", "INVALID_OPTION", "artstyle:-1", null, null, 0)]
    [InlineData("options.quality", "INVALID_OPTION", "", 0u, null, 0)]
    [InlineData("options.quality", "INVALID_OPTION", "", 101u, null, 0)]
    [InlineData("options.max_side", "INVALID_OPTION", "", null, 63u, 0)]
    [InlineData("options.format", "INVALID_OPTION", "", null, null, 99)]
    public async Task A_wrong_option_is_refused_with_its_field(
        string field, string reason, string style, uint? quality, uint? maxSide, int format)
    {
        var options = new CartoonizeOptions { Style = style, Format = (ImageFormat)format };
        if (quality is { } q)
        {
            options.Quality = q;
        }

        if (maxSide is { } side)
        {
            options.MaxSide = side;
        }

        var status = await RpcAssert.FailsAsync(
            StatusCode.InvalidArgument, reason, () => _server.CartoonizeAsync(TestEnvironment.Sample, options));

        Assert.Equal(field, Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    [Theory]
    [InlineData(-0.01f)]
    [InlineData(1.01f)]
    [InlineData(float.NaN)]
    public async Task A_strength_beyond_its_range_is_refused(float strength)
    {
        var status = await RpcAssert.FailsAsync(
            StatusCode.InvalidArgument,
            "INVALID_OPTION",
            () => _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { Strength = strength }));

        Assert.Equal("options.strength", Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    [Fact]
    public Task An_upload_that_is_shorter_than_announced_is_corrupt() => RpcAssert.FailsAsync(
        StatusCode.InvalidArgument,
        "CORRUPT_IMAGE",
        () => _server.CartoonizeAsync(TestEnvironment.Sample, totalBytes: (ulong)TestEnvironment.Sample.Length + 1));

    [Fact]
    public Task An_idempotency_key_that_a_database_cannot_hold_is_refused() => RpcAssert.FailsAsync(
        StatusCode.InvalidArgument, "INVALID_OPTION", () => _server.CartoonizeAsync(TestEnvironment.Sample, idempotencyKey: "a\0b"));

    [Fact]
    public Task An_announced_upload_over_the_limit_is_refused_before_its_bytes() => RpcAssert.FailsAsync(
        StatusCode.InvalidArgument, "UPLOAD_TOO_LARGE", () => _server.CartoonizeAsync([], totalBytes: ulong.MaxValue));

    [Fact]
    public Task An_unannounced_upload_over_the_limit_is_refused() => RpcAssert.FailsAsync(
        StatusCode.InvalidArgument, "UPLOAD_TOO_LARGE", () => _server.CartoonizeAsync(new byte[(32 << 20) + 1], totalBytes: 0));

    [Theory]
    [InlineData("nothing")]
    [InlineData("chunk first")]
    [InlineData("two headers")]
    [InlineData("empty message")]
    [InlineData("empty chunk")]
    [InlineData("huge chunk")]
    public async Task Messages_out_of_order_are_refused(string kind)
    {
        var header = new CartoonizeRequest { Header = new CartoonizeHeader() };
        CartoonizeRequest[] messages = kind switch
        {
            "nothing" => [],
            "chunk first" => [new CartoonizeRequest { Chunk = ByteString.CopyFromUtf8("x") }],
            "two headers" => [header, header],
            "empty chunk" => [header, new CartoonizeRequest { Chunk = ByteString.Empty }],
            "empty message" => [header, new CartoonizeRequest()],
            _ => [header, new CartoonizeRequest { Chunk = ByteString.CopyFrom(new byte[(1 << 20) + 1]) }],
        };

        await RpcAssert.FailsAsync(StatusCode.InvalidArgument, "PROTOCOL_VIOLATION", async () =>
        {
            using var call = new CartoonService.CartoonServiceClient(_server.Channel).Cartoonize(
                cancellationToken: TestContext.Current.CancellationToken);
            await CartoonCalls.WriteInVainAsync(
                async () =>
                {
                    foreach (var message in messages)
                    {
                        await call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);
                    }

                    await call.RequestStream.CompleteAsync();
                },
                TestContext.Current.CancellationToken);
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        });
    }

    private static byte[] BadFile(string kind) => kind switch
    {
        "empty" => [],
        "text" => "This is no picture."u8.ToArray(),
        "heic" => [0, 0, 0, 24, .. "ftypheic\0\0\0\0mif1heic"u8, 0, 0, 0, 8, .. "mdat"u8],
        "svg" => "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'/>"u8.ToArray(),
        "truncated" => TestEnvironment.Sample[..(TestEnvironment.Sample.Length / 2)],
        "damaged" => Damage(TestEnvironment.Sample),
        "header only" => TestEnvironment.Sample[..64],
        "bomb" => Png(1, 500_000_000),
        "animation" => [.. "GIF89a"u8, 64, 0, 64, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, .. Frame, .. Frame, 0x3B],
        "dot" => Png(1, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    // A GIF frame of 64 x 64 that holds one pixel and the end code.
    private static byte[] Frame => [0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 64, 0, 64, 0, 0, 2, 2, 0x44, 1, 0];

    private static byte[] Damage(byte[] file)
    {
        var damaged = (byte[])file.Clone();
        for (var i = damaged.Length / 3; i < damaged.Length * 2 / 3; i++)
        {
            damaged[i] = 0xFF; // No marker is FF FF ..., so the entropy-coded data ends in the middle of a row.
        }

        return damaged;
    }

    /// <summary>A PNG whose header promises a size and whose data is four bytes.</summary>
    private static byte[] Png(uint width, uint height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", header), .. Chunk("IDAT", [0x78, 0x9C, 3, 0]), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string name, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(name), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32(body));
        return chunk;
    }

    // ISO 3309 CRC, as PNG (RFC 2083) wants it.
    private static uint Crc32(byte[] data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
