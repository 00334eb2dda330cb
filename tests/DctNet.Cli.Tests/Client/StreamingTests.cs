using DctNet.Cli.Tests.Servers;
using DctNet.Client;
using DctNet.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace DctNet.Cli.Tests.Client;

public sealed class StreamingTests : IDisposable
{
    private readonly byte[] _portrait = new byte[200_000];
    private readonly string _directory = Directory.CreateTempSubdirectory("dctnet-client-").FullName;

    public StreamingTests() => new Random(2).NextBytes(_portrait);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_answer_is_read_while_the_upload_still_runs()
    {
        // The source holds its second half back until the destination has a part of the answer.
        var answered = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (upload, answer, _) =>
        {
            await answer.WriteAsync(Behaviours.Header(_portrait));
            while (await upload.MoveNext())
            {
                await answer.WriteAsync(new CartoonizeResponse { Chunk = upload.Current.Chunk });
            }
        });
        using var client = new DctNetClient(server.Address);
        var position = 0;
        using var source = new ForwardOnlyStream(async (buffer, cancellation) =>
        {
            if (position == 100_000)
            {
                await answered.Task.WaitAsync(cancellation);
            }

            var count = Math.Min(Math.Min(buffer.Length, 50_000), _portrait.Length - position);
            _portrait.AsMemory(position, count).CopyTo(buffer);
            position += count;
            return count;
        });
        using var cartoon = new MemoryStream();
        var progress = new Reports(p =>
        {
            if (p.ReceivedBytes > 0)
            {
                answered.TrySetResult();
            }
        });

        await client.CartoonizeAsync(source, cartoon, null, progress, Cancelled);

        Assert.Equal(_portrait, cartoon.ToArray());
        Assert.Equal(new TransferProgress(_portrait.Length, null, _portrait.Length, _portrait.Length), progress.Last);
    }

    [Fact]
    public async Task An_error_of_the_callers_progress_is_his_to_see()
    {
        await using var server = await ScriptedServer.StartAsync(async (upload, _, _) =>
        {
            while (await upload.MoveNext())
            {
                // What comes is read as long as it comes.
            }
        });
        using var client = new DctNetClient(server.Address);
        using var source = new MemoryStream(_portrait);
        var progress = new Reports(_ => throw new InvalidOperationException("The window is closed."));

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.CartoonizeAsync(source, Stream.Null, null, progress, Cancelled).WaitAsync(TimeSpan.FromMinutes(1), Cancelled));

        Assert.Equal("The window is closed.", problem.Message);
    }

    [Fact]
    public async Task A_refused_upload_is_not_read_to_its_end()
    {
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.FailAfter(1, new RpcException(new Grpc.Core.Status(StatusCode.InvalidArgument, "enough"))));
        using var client = new DctNetClient(server.Address);
        using var endless = new ForwardOnlyStream((buffer, _) => ValueTask.FromResult(buffer.Length));
        using var cartoon = new MemoryStream();

        var error = await Assert.ThrowsAsync<DctNetException>(
            () => client.CartoonizeAsync(endless, cartoon, cancellationToken: Cancelled));

        Assert.Equal("enough", error.Message);
    }

    [Fact]
    public async Task A_server_that_does_not_read_holds_the_source_back()
    {
        var (begun, underway, ended) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await ScriptedServer.StartAsync(async (_, _, context) =>
        {
            using var registration = context.CancellationToken.Register(() => ended.TrySetResult());
            begun.SetResult();
            await ended.Task;
        });
        using var client = new DctNetClient(server.Address);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var endless = new ForwardOnlyStream((buffer, _) => ValueTask.FromResult(buffer.Length));
        using var cartoon = new MemoryStream();
        var reports = new Reports(p =>
        {
            // Kestrel's stream window is 768 KiB: by 512 KiB the upload is well under way.
            if (p.SentBytes >= 512 * 1024)
            {
                underway.TrySetResult();
            }
        });

        // All of the window may be sent before the server has begun to look at the call.
        var call = client.CartoonizeAsync(endless, cartoon, null, reports, cancellation.Token);
        await Task.WhenAll(begun.Task, underway.Task).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        // The server's side was told, and of an endless source little more than the window was read.
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        Assert.InRange(endless.BytesRead, 512 * 1024, 4 * 1024 * 1024);
    }

    [Fact]
    public async Task An_error_of_the_source_comes_as_it_is_and_ends_the_call()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await ScriptedServer.StartAsync(async (_, _, context) =>
        {
            using var registration = context.CancellationToken.Register(() => ended.TrySetResult());
            begun.SetResult();
            await ended.Task;
        });
        using var client = new DctNetClient(server.Address);
        var reads = 0;
        using var source = new ForwardOnlyStream(async (buffer, _) =>
        {
            if (++reads < 3)
            {
                return buffer.Length;
            }

            await begun.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
            throw new InvalidDataException("bad disk");
        });
        using var cartoon = new MemoryStream();

        var error = await Assert.ThrowsAsync<InvalidDataException>(
            () => client.CartoonizeAsync(source, cartoon, cancellationToken: Cancelled));

        Assert.Equal("bad disk", error.Message);
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
    }

    [Fact]
    public async Task A_wrong_checksum_is_noticed()
    {
        byte[] changed = [.. _portrait];
        changed[77] ^= 1;
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.Answer(Behaviours.Header(_portrait), Behaviours.Chunk(changed)));
        using var client = new DctNetClient(server.Address);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal((StatusCode.DataLoss, "CHECKSUM_MISMATCH"), (error.StatusCode, error.Reason));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("headless")]
    [InlineData("two headers")]
    [InlineData("empty")]
    public async Task An_answer_that_breaks_its_promise_is_noticed(string how)
    {
        CartoonizeResponse[] messages = how switch
        {
            "short" => [Behaviours.Header(_portrait), Behaviours.Chunk(_portrait[..^1])],
            "long" => [Behaviours.Header(_portrait), Behaviours.Chunk(_portrait), Behaviours.Chunk([0])],
            "headless" => [Behaviours.Chunk(_portrait)],
            "two headers" => [Behaviours.Header(_portrait), Behaviours.Header(_portrait), Behaviours.Chunk(_portrait)],
            _ => [],
        };
        await using var server = await ScriptedServer.StartAsync(Behaviours.Answer(messages));
        using var client = new DctNetClient(server.Address);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal((StatusCode.DataLoss, "INVALID_ANSWER"), (error.StatusCode, error.Reason));
    }

    [Fact]
    public async Task A_refusal_carries_its_reason_and_fields()
    {
        var status = new Google.Rpc.Status
        {
            Code = (int)Code.InvalidArgument,
            Message = "quality is 1 to 100",
            Details =
            {
                Any.Pack(new ErrorInfo { Domain = "dctnet.dev", Reason = "INVALID_OPTION" }),
                Any.Pack(new BadRequest
                {
                    FieldViolations =
                    {
                        new BadRequest.Types.FieldViolation { Field = "options.quality", Description = "300 is over 100" },
                    },
                }),
            },
        };
        await using var server = await ScriptedServer.StartAsync(Behaviours.FailAfter(0, status.ToRpcException()));
        using var client = new DctNetClient(server.Address);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("INVALID_OPTION", error.Reason);
        Assert.Equal("quality is 1 to 100", error.Message);
        Assert.Equal([new FieldViolation("options.quality", "300 is over 100")], error.FieldViolations);
        Assert.Null(error.RetryAfter);
        Assert.IsType<RpcException>(error.InnerException);
    }

    [Fact]
    public async Task Details_that_cannot_be_parsed_leave_the_status()
    {
        var broken = new Google.Rpc.Status
        {
            Code = (int)Code.InvalidArgument,
            Message = "no",
            Details =
            {
                new Any { TypeUrl = "type.googleapis.com/google.rpc.ErrorInfo", Value = Google.Protobuf.ByteString.CopyFrom(0xff) },
            },
        };
        await using var server = await ScriptedServer.StartAsync(Behaviours.FailAfter(0, broken.ToRpcException()));
        using var client = new DctNetClient(server.Address);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal((StatusCode.InvalidArgument, "", "no"), (error.StatusCode, error.Reason, error.Message));
    }

    [Fact]
    public async Task The_server_is_told_of_the_deadline()
    {
        await using var server = await ScriptedServer.StartAsync(async (_, _, context) =>
        {
            Assert.NotEqual(DateTime.MaxValue, context.Deadline);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        using var client = new DctNetClient(server.Address, new DctNetClientOptions { Deadline = TimeSpan.FromMilliseconds(100) });

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task A_file_is_replaced_whole_or_not_at_all()
    {
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.Answer(Behaviours.Header(_portrait), Behaviours.Chunk(_portrait[..1000])), Behaviours.Echo);
        using var client = new DctNetClient(server.Address);
        var (source, result) = (Path.Combine(_directory, "in.jpg"), Path.Combine(_directory, "out.png"));
        await File.WriteAllBytesAsync(source, _portrait, Cancelled);
        await File.WriteAllTextAsync(result, "earlier", Cancelled);

        await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeFileAsync(source, result, cancellationToken: Cancelled));
        Assert.Equal("earlier", await File.ReadAllTextAsync(result, Cancelled));
        Assert.Equal(2, Directory.GetFiles(_directory).Length);

        await client.CartoonizeFileAsync(source, result, cancellationToken: Cancelled);
        Assert.Equal(_portrait, await File.ReadAllBytesAsync(result, Cancelled));
        Assert.Equal(2, Directory.GetFiles(_directory).Length);
    }

    [Fact]
    public async Task A_channel_of_the_callers_stays_open()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        using var channel = GrpcChannel.ForAddress(server.Address);
        for (var i = 0; i < 2; i++)
        {
            using var client = new DctNetClient(channel);
            var cartoon = await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);
            Assert.Equal(_portrait, cartoon.Image.ToArray());
        }
    }

    [Fact]
    public async Task A_name_is_resolved_for_balancing()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        using var client = new DctNetClient(new Uri($"dns:///localhost:{server.Address.Port}"));

        var cartoon = await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);

        Assert.Equal(_portrait, cartoon.Image.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1024 * 1024 + 1)]
    public void Chunks_outside_the_contract_are_refused_at_once(int chunkBytes)
        => Assert.Throws<ArgumentOutOfRangeException>(
            () => new DctNetClient(new Uri("http://localhost"), new DctNetClientOptions { ChunkBytes = chunkBytes }));

    private sealed class Reports(Action<TransferProgress> action) : IProgress<TransferProgress>
    {
        public TransferProgress Last { get; private set; }

        public void Report(TransferProgress value)
        {
            Last = value;
            action(value);
        }
    }
}
